package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// payload makes size bytes: "random" can't be compressed, "zeros" compresses best, "text" somewhat.
func payload(size int, fill string) ([]byte, error) {
	if size < 0 || size > 1<<25 {
		return nil, fmt.Errorf("size %d is out of range", size)
	}
	data := make([]byte, size)
	switch fill {
	case "", "random":
		rand.Read(data)
	case "zeros":
	case "text":
		const words = "devp2p frames carry messages of sub-protocols, "
		for i := range data {
			data[i] = words[i%len(words)] ^ byte(i/4096)
		}
	default:
		return nil, fmt.Errorf("unknown fill %q", fill)
	}
	return data, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
