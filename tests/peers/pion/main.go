// SPDX-License-Identifier: Apache-2.0

// An echo server over pion/dtls, as a peer for the interop tests.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/pion/dtls/v3"
)

const module = "github.com/pion/dtls/v3"

const cidSize = 8

// Sessions by their ID: the library has the interface alone.
type sessions struct {
	lock  sync.Mutex
	known map[string]dtls.Session
}

func (s *sessions) Set(id []byte, session dtls.Session) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.known[string(id)] = session
	return nil
}

func (s *sessions) Get(id []byte) (dtls.Session, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.known[string(id)], nil
}

func (s *sessions) Del(id []byte) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.known, string(id))
	return nil
}

func withKey(certs string) ([]dtls.ServerOption, error) {
	identity, err := os.ReadFile(filepath.Join(certs, "psk.identity"))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(certs, "psk.key"))
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil, err
	}
	find := func(asked []byte) ([]byte, error) {
		if !bytes.Equal(asked, bytes.TrimSpace(identity)) {
			return nil, errors.New("unknown identity")
		}
		return key, nil
	}
	return []dtls.ServerOption{
		dtls.WithPSK(find),
		dtls.WithCipherSuites(dtls.TLS_PSK_WITH_AES_128_CCM_8),
	}, nil
}

func withCertificates(certs string) ([]dtls.ServerOption, error) {
	own, err := tls.LoadX509KeyPair(filepath.Join(certs, "server-chain.pem"), filepath.Join(certs, "server.key.pem"))
	if err != nil {
		return nil, err
	}
	trust, err := os.ReadFile(filepath.Join(certs, "root.pem"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(trust) {
		return nil, errors.New("root.pem has no certificate")
	}
	return []dtls.ServerOption{
		dtls.WithCertificates(own),
		dtls.WithClientAuth(dtls.RequireAndVerifyClientCert),
		dtls.WithClientCAs(pool),
		dtls.WithCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8),
	}, nil
}

func options(mode, cid, certs string) ([]dtls.ServerOption, error) {
	credentials := withKey
	if mode == "x509" {
		credentials = withCertificates
	}
	all, err := credentials(certs)
	if err != nil {
		return nil, err
	}
	all = append(all, dtls.WithSessionStore(&sessions{known: map[string]dtls.Session{}}))
	if cid == "cid" {
		all = append(all, dtls.WithConnectionIDGenerator(dtls.RandomCIDGenerator(cidSize)))
	}
	return all, nil
}

func echo(connection net.Conn) {
	buffer := make([]byte, 2048)
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			connection.Close()
			return
		}
		if _, err = connection.Write(buffer[:size]); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go echo(connection)
	}
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	return "unknown"
}

func run(mode, cid, certs string) error {
	all, err := options(mode, cid, certs)
	if err != nil {
		return err
	}
	listener, err := dtls.ListenWithOptions("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, all...)
	if err != nil {
		return err
	}
	go serve(listener)
	fmt.Printf("ready %d\n", listener.Addr().(*net.UDPAddr).Port)
	_, err = io.Copy(io.Discard, os.Stdin) // its end is ours
	return err
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "version":
		fmt.Println(version())
	case len(os.Args) == 4:
		if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "pion:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: pion psk|x509 plain|cid CERTS_DIR; pion version")
		os.Exit(2)
	}
}
