package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/rlp"
)

// Codes of the echo protocol, relative to its offset. Any other code is only reported.
const (
	codeEcho    = 0 // sent back as codeEchoed, and reported
	codeEchoed  = 1 // reported
	codeCount   = 2 // counted, not reported
	codeCounted = 3 // asks for the counters: answered by codeTotals with [messages, bytes], which are then reset
	codeTotals  = 4
)

// server is geth's p2p.Server and the running protocols of its peers.
type server struct {
	out *output

	mu   sync.Mutex
	p2p  *p2p.Server
	live map[string]*running // by peer id + "/" + protocol name
}

type running struct {
	peer *p2p.Peer
	rw   p2p.MsgReadWriter
}

func privateKey(hexKey string) (*ecdsa.PrivateKey, error) {
	if hexKey == "" {
		return crypto.GenerateKey()
	}
	return crypto.HexToECDSA(hexKey)
}

func defaultCaps(caps []capSpec) []capSpec {
	if caps == nil {
		return []capSpec{{Name: "echo", Version: 1, Length: 16}}
	}
	return caps
}

func (s *server) start(req *request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.p2p != nil {
		return nil, errors.New("already started")
	}
	key, err := privateKey(req.Key)
	if err != nil {
		return nil, err
	}
	config := p2p.Config{
		PrivateKey:  key,
		Name:        req.Name,
		MaxPeers:    req.MaxPeers,
		DialRatio:   req.DialRatio,
		NoDial:      req.NoDial,
		NoDiscovery: true,
		ListenAddr:  req.Listen,
		Logger:      log.NewLogger(&logEvents{out: s.out}),
	}
	if config.Name == "" {
		config.Name = "gethpeer/v1.17.10"
	}
	if config.MaxPeers == 0 {
		config.MaxPeers = 50
	}
	if config.ListenAddr == "" {
		config.ListenAddr = "127.0.0.1:0"
	}
	for _, c := range defaultCaps(req.Caps) {
		config.Protocols = append(config.Protocols, s.protocol(c))
	}
	srv := &p2p.Server{Config: config}
	if err := srv.Start(); err != nil {
		return nil, err
	}
	s.p2p, s.live = srv, make(map[string]*running)

	events := make(chan *p2p.PeerEvent, 64)
	srv.SubscribeEvents(events)
	go func() {
		for ev := range events {
			s.out.event("peer"+string(ev.Type), map[string]any{
				"peer": ev.Peer.String(), "error": ev.Error, "remote": ev.RemoteAddress, "local": ev.LocalAddress,
			})
		}
	}()
	self := srv.Self()
	return map[string]any{"enode": self.URLv4(), "peer": self.ID().String(), "port": self.TCP()}, nil
}

func (s *server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.p2p != nil
}

func (s *server) stop() {
	s.mu.Lock()
	srv := s.p2p
	s.mu.Unlock()
	if srv != nil {
		srv.Stop()
	}
}

func (s *server) nodeCommand(req *request) (any, error) {
	node, err := enode.ParseV4(req.Enode)
	if err != nil {
		return nil, err
	}
	switch req.Cmd {
	case "addPeer":
		s.p2p.AddPeer(node)
	case "removePeer":
		s.p2p.RemovePeer(node)
	case "addTrustedPeer":
		s.p2p.AddTrustedPeer(node)
	case "removeTrustedPeer":
		s.p2p.RemoveTrustedPeer(node)
	}
	return true, nil
}

// protocol makes a p2p.Protocol that behaves as spec.Run says.
func (s *server) protocol(spec capSpec) p2p.Protocol {
	return p2p.Protocol{
		Name: spec.Name, Version: spec.Version, Length: spec.Length,
		Run: func(peer *p2p.Peer, rw p2p.MsgReadWriter) error {
			id := peer.ID().String()
			at := id + "/" + spec.Name
			s.mu.Lock()
			s.live[at] = &running{peer, rw}
			s.mu.Unlock()
			s.out.event("run", map[string]any{"peer": id, "proto": spec.Name, "version": spec.Version})
			defer func() {
				s.mu.Lock()
				delete(s.live, at)
				s.mu.Unlock()
			}()
			switch spec.Run {
			case "fail":
				return errors.New("this protocol always fails")
			case "return":
				return nil
			case "stuck":
				select {} // as a handler that hangs; the process is killed in the end
			}
			return s.echo(id, spec.Name, rw)
		},
	}
}

func (s *server) echo(id, proto string, rw p2p.MsgReadWriter) error {
	var messages, size uint64
	for {
		msg, err := rw.ReadMsg()
		if err != nil {
			return err
		}
		if msg.Code == codeCount {
			messages++
			size += uint64(msg.Size)
			if err := msg.Discard(); err != nil {
				return err
			}
			continue
		}
		data, err := io.ReadAll(msg.Payload)
		if err != nil {
			return err
		}
		switch msg.Code {
		case codeEcho:
			if err := rw.WriteMsg(message(codeEchoed, data)); err != nil {
				return err
			}
		case codeCounted:
			totals, err := rlp.EncodeToBytes([]uint64{messages, size})
			if err != nil {
				return err
			}
			messages, size = 0, 0
			if err := rw.WriteMsg(message(codeTotals, totals)); err != nil {
				return err
			}
			continue
		}
		s.out.event("msg", map[string]any{
			"peer": id, "proto": proto, "code": msg.Code, "size": len(data), "sha256": digest(data),
		})
	}
}

func message(code uint64, data []byte) p2p.Msg {
	return p2p.Msg{Code: code, Size: uint32(len(data)), Payload: bytes.NewReader(data)}
}

func (s *server) find(req *request) (*running, error) {
	proto := req.Proto
	if proto == "" {
		proto = "echo"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.live[req.Peer+"/"+proto]
	if r == nil {
		return nil, fmt.Errorf("no peer %s runs %s", req.Peer, proto)
	}
	return r, nil
}

func (s *server) send(req *request) (any, error) {
	r, err := s.find(req)
	if err != nil {
		return nil, err
	}
	data, err := payload(req.Size, req.Fill)
	if err != nil {
		return nil, err
	}
	if err := r.rw.WriteMsg(message(req.Code, data)); err != nil {
		return nil, err
	}
	return map[string]any{"size": len(data), "sha256": digest(data)}, nil
}

// flood sends count messages as fast as it can and says how long that took.
func (s *server) flood(req *request) (any, error) {
	r, err := s.find(req)
	if err != nil {
		return nil, err
	}
	data, err := payload(req.Size, req.Fill)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	for range req.Count {
		if err := r.rw.WriteMsg(message(req.Code, data)); err != nil {
			return nil, err
		}
	}
	return map[string]any{"ms": float64(time.Since(begin).Microseconds()) / 1000}, nil
}

func (s *server) disconnect(req *request) (any, error) {
	for _, peer := range s.p2p.Peers() {
		if peer.ID().String() == req.Peer {
			peer.Disconnect(p2p.DiscReason(req.Reason))
			return true, nil
		}
	}
	return nil, fmt.Errorf("no peer %s", req.Peer)
}

// logEvents turns geth's log lines into events: failed dials and handshakes are told nowhere else.
type logEvents struct {
	out   *output
	attrs []slog.Attr
}

func (h *logEvents) Enabled(context.Context, slog.Level) bool { return true }
func (h *logEvents) WithGroup(string) slog.Handler            { return h }
func (h *logEvents) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logEvents{out: h.out, attrs: append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

func (h *logEvents) Handle(_ context.Context, record slog.Record) error {
	fields := map[string]any{"message": record.Message}
	add := func(attr slog.Attr) bool {
		if attr.Key == "req" {
			fields[attr.Key] = json.RawMessage(attr.Value.String())
		} else {
			fields[attr.Key] = fmt.Sprint(attr.Value.Any())
		}
		return true
	}
	for _, attr := range h.attrs {
		add(attr)
	}
	record.Attrs(add)
	h.out.event("log", fields)
	return nil
}
