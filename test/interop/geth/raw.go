package main

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/rlpx"
	"github.com/ethereum/go-ethereum/rlp"
)

// Codes of the base protocol. The first sub-protocol starts at baseLength.
const (
	codeHello      = 0
	codeDisconnect = 1
	codePing       = 2
	codePong       = 3
	baseLength     = 16
)

const (
	rawDialTimeout      = 5 * time.Second
	rawHandshakeTimeout = 5 * time.Second
)

// hello is the message of that name; geth does not export its own.
type hello struct {
	Version    uint64
	Name       string
	Caps       []p2p.Cap
	ListenPort uint64
	ID         []byte
	Rest       []rlp.RawValue `rlp:"tail"`
}

// raw speaks rlpx and the base protocol by hand, so that a test can choose the Hello, turn snappy off, and send
// what geth's server never would. Connections echo base code 16 on 17, as the echo protocol does.
type raw struct {
	out *output

	mu    sync.Mutex
	next  int
	conns map[string]*rawConn
}

type rawConn struct {
	name string
	wmu  sync.Mutex
	rlpx *rlpx.Conn
}

func newRaw(out *output) *raw { return &raw{out: out, conns: make(map[string]*rawConn)} }

func (c *rawConn) write(code uint64, data []byte) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	_, err := c.rlpx.Write(code, data)
	return err
}

func (r *raw) listen(req *request) (any, error) {
	key, err := privateKey(req.Key)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			fd, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				if _, err := r.setup(fd, nil, key, req); err != nil {
					r.out.event("rawfail", map[string]any{"error": err.Error()})
				}
			}()
		}
	}()
	port := listener.Addr().(*net.TCPAddr).Port
	node := enode.NewV4(&key.PublicKey, net.IP{127, 0, 0, 1}, port, port)
	return map[string]any{"enode": node.URLv4(), "peer": node.ID().String(), "port": port}, nil
}

func (r *raw) dial(req *request) (any, error) {
	key, err := privateKey(req.Key)
	if err != nil {
		return nil, err
	}
	node, err := enode.ParseV4(req.Enode)
	if err != nil {
		return nil, err
	}
	addr, ok := node.TCPEndpoint()
	if !ok {
		return nil, errors.New("the node has no TCP endpoint")
	}
	fd, err := net.DialTimeout("tcp", addr.String(), rawDialTimeout)
	if err != nil {
		return nil, err
	}
	return r.setup(fd, node.Pubkey(), key, req)
}

// setup does both handshakes, says what the other side's Hello was, and starts reading.
func (r *raw) setup(fd net.Conn, dest *ecdsa.PublicKey, key *ecdsa.PrivateKey, req *request) (any, error) {
	fd.SetDeadline(time.Now().Add(rawHandshakeTimeout))
	conn := rlpx.NewConn(fd, dest)
	remote, err := conn.Handshake(key)
	if err != nil {
		fd.Close()
		return nil, fmt.Errorf("encryption handshake: %w", err)
	}
	ours := hello{Version: req.HelloVersion, Name: req.Name, ID: crypto.FromECDSAPub(&key.PublicKey)[1:]}
	if ours.Version == 0 {
		ours.Version = 5
	}
	if ours.Name == "" {
		ours.Name = "gethpeer-raw/v1.17.10"
	}
	if req.HelloID != "" {
		if ours.ID, err = hex.DecodeString(req.HelloID); err != nil {
			fd.Close()
			return nil, err
		}
	}
	for _, c := range defaultCaps(req.Caps) {
		ours.Caps = append(ours.Caps, p2p.Cap{Name: c.Name, Version: c.Version})
	}
	theirs, err := exchangeHello(conn, &ours)
	if err != nil {
		fd.Close()
		return nil, fmt.Errorf("hello: %w", err)
	}
	snappy := ours.Version >= 5 && theirs.Version >= 5
	conn.SetSnappy(snappy)
	fd.SetDeadline(time.Time{})

	r.mu.Lock()
	r.next++
	c := &rawConn{name: fmt.Sprintf("raw%d", r.next), rlpx: conn}
	r.conns[c.name] = c
	r.mu.Unlock()

	caps := []string{}
	for _, cap := range theirs.Caps {
		caps = append(caps, cap.String())
	}
	fields := map[string]any{
		"conn": c.name, "version": theirs.Version, "name": theirs.Name, "caps": caps,
		"helloId": hex.EncodeToString(theirs.ID), "key": hex.EncodeToString(crypto.FromECDSAPub(remote)[1:]),
		"snappy": snappy,
	}
	if dest == nil {
		r.out.event("rawconn", fields)
	}
	go r.read(c)
	return fields, nil
}

func exchangeHello(conn *rlpx.Conn, ours *hello) (*hello, error) {
	encoded, err := rlp.EncodeToBytes(ours)
	if err != nil {
		return nil, err
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(codeHello, encoded)
		wrote <- err
	}()
	code, data, _, err := conn.Read()
	if err != nil {
		return nil, err
	}
	if err := <-wrote; err != nil {
		return nil, err
	}
	switch code {
	case codeHello:
		theirs := new(hello)
		return theirs, rlp.DecodeBytes(data, theirs)
	case codeDisconnect:
		return nil, fmt.Errorf("disconnected with payload %x", data)
	}
	return nil, fmt.Errorf("message %d instead of Hello", code)
}

func (r *raw) read(c *rawConn) {
	for {
		code, data, wire, err := c.rlpx.Read()
		if err != nil {
			r.mu.Lock()
			delete(r.conns, c.name)
			r.mu.Unlock()
			c.rlpx.Close()
			r.out.event("rawclose", map[string]any{"conn": c.name, "error": err.Error()})
			return
		}
		fields := map[string]any{
			"conn": c.name, "code": code, "size": len(data), "wire": wire, "sha256": digest(data),
		}
		if len(data) <= 64 {
			fields["hex"] = hex.EncodeToString(data)
		}
		switch code {
		case codePing:
			err = c.write(codePong, []byte{0xC0})
		case baseLength + codeEcho:
			err = c.write(baseLength+codeEchoed, bytes.Clone(data))
		}
		if err != nil {
			fields["error"] = err.Error()
		}
		r.out.event("rawmsg", fields)
	}
}

func (r *raw) find(req *request) (*rawConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.conns[req.Peer]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("no raw connection %q", req.Peer)
}

func (r *raw) send(req *request) (any, error) {
	c, err := r.find(req)
	if err != nil {
		return nil, err
	}
	var data []byte
	if req.Hex != "" {
		data, err = hex.DecodeString(req.Hex)
	} else {
		data, err = payload(req.Size, req.Fill)
	}
	if err != nil {
		return nil, err
	}
	if err := c.write(req.Code, data); err != nil {
		return nil, err
	}
	return map[string]any{"size": len(data), "sha256": digest(data)}, nil
}

func (r *raw) disconnect(req *request) (any, error) {
	c, err := r.find(req)
	if err != nil {
		return nil, err
	}
	var data []byte
	if req.Bare {
		data, err = rlp.EncodeToBytes(req.Reason)
	} else {
		data, err = rlp.EncodeToBytes([]any{req.Reason})
	}
	if err != nil {
		return nil, err
	}
	return true, c.write(codeDisconnect, data)
}

func (r *raw) close(req *request) (any, error) {
	c, err := r.find(req)
	if err != nil {
		return nil, err
	}
	return true, c.rlpx.Close()
}
