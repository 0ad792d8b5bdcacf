// Command gethpeer runs geth's own p2p server, or its bare rlpx connection, under the control of a test.
//
// Commands come in as JSON objects, one a line on stdin, each with an "id" and a "cmd". Each is answered on stdout by
// {"id":…,"result":…} or {"id":…,"error":"…"}. In between come events: {"event":"…",…}. Bytes never travel over this
// channel: payloads are named by size and fill, and compared by their SHA-256. End of stdin means quit.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// stopTimeout is longer than geth's limit for writing a Disconnect, 1 s.
const stopTimeout = 3 * time.Second

// request is one command with all the fields that any command takes.
type request struct {
	ID  json.RawMessage `json:"id"`
	Cmd string          `json:"cmd"`

	// Who we are: start, rawListen, rawDial.
	Key       string    `json:"key"`       // private key, 64 hex digits; a fresh one when empty
	Name      string    `json:"name"`      // client name in Hello
	Listen    string    `json:"listen"`    // "127.0.0.1:0" when empty
	Caps      []capSpec `json:"caps"`      // echo/1 with 16 codes when absent
	MaxPeers  int       `json:"maxPeers"`  // start: 50 when 0
	DialRatio int       `json:"dialRatio"` // start: geth's own default when 0
	NoDial    bool      `json:"noDial"`    // start

	// Hello of the raw mode.
	HelloVersion uint64 `json:"helloVersion"` // 5 when 0; snappy is used when both sides say at least 5
	HelloID      string `json:"helloId"`      // public key to claim, 128 hex digits; the true one when empty

	// Whom it is about.
	Enode string `json:"enode"` // addPeer, removePeer, addTrustedPeer, removeTrustedPeer, rawDial
	Peer  string `json:"peer"`  // node id in hex, or the raw connection's name

	// Messages.
	Proto string `json:"proto"` // protocol name, "echo" when empty
	Code  uint64 `json:"code"`  // relative to the protocol; absolute in raw mode
	Size  int    `json:"size"`
	Fill  string `json:"fill"` // "random", "zeros", "text"
	Count int    `json:"count"`
	Hex   string `json:"hex"` // rawSend: the payload itself, for small ones

	Reason uint8 `json:"reason"` // disconnect, rawDisconnect
	Bare   bool  `json:"bare"`   // rawDisconnect: a bare byte instead of a list
}

// capSpec is one protocol that we offer. "fail" and "return" end as soon as they run.
type capSpec struct {
	Name    string `json:"name"`
	Version uint   `json:"version"`
	Length  uint64 `json:"length"`
	Run     string `json:"run"` // "echo" when empty, "fail", "return", "stuck" (never reads)
}

// output writes JSON lines, one at a time.
type output struct {
	mu  sync.Mutex
	enc *json.Encoder
}

func (o *output) line(value map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.enc.Encode(value); err != nil {
		os.Exit(1) // nobody listens any more
	}
}

func (o *output) event(name string, fields map[string]any) {
	fields["event"] = name
	o.line(fields)
}

func main() {
	out := &output{enc: json.NewEncoder(os.Stdout)}
	srv := &server{out: out}
	raw := newRaw(out)

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	defer stop(srv)
	for lines.Scan() {
		var req request
		if err := json.Unmarshal(lines.Bytes(), &req); err != nil {
			fmt.Fprintln(os.Stderr, "gethpeer: not a command:", err)
			os.Exit(2)
		}
		if req.Cmd == "quit" {
			stop(srv)
			out.line(map[string]any{"id": req.ID, "result": true})
			return
		}
		// Some commands wait for the network; the next one must not wait with them.
		go func() {
			result, err := run(srv, raw, &req)
			if err != nil {
				out.line(map[string]any{"id": req.ID, "error": err.Error()})
				return
			}
			out.line(map[string]any{"id": req.ID, "result": result})
		}()
	}
}

// stop says goodbye to every peer. A protocol that hangs would keep geth's server from stopping for ever.
func stop(srv *server) {
	done := make(chan struct{})
	go func() {
		srv.stop()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(stopTimeout):
	}
}

func run(srv *server, raw *raw, req *request) (any, error) {
	switch req.Cmd {
	case "start":
		return srv.start(req)
	case "rawListen":
		return raw.listen(req)
	case "rawDial":
		return raw.dial(req)
	case "rawSend":
		return raw.send(req)
	case "rawDisconnect":
		return raw.disconnect(req)
	case "rawClose":
		return raw.close(req)
	}
	if !srv.running() {
		return nil, errors.New("no server: send start first")
	}
	switch req.Cmd {
	case "addPeer", "removePeer", "addTrustedPeer", "removeTrustedPeer":
		return srv.nodeCommand(req)
	case "peers":
		return srv.p2p.PeersInfo(), nil
	case "nodeInfo":
		return srv.p2p.NodeInfo(), nil
	case "send":
		return srv.send(req)
	case "flood":
		return srv.flood(req)
	case "disconnect":
		return srv.disconnect(req)
	}
	return nil, fmt.Errorf("unknown command %q", req.Cmd)
}
