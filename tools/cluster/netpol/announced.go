package netpol

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"os"
	"strings"
	"sync"

	core "k8s.io/api/core/v1"
)

// announcements are addresses of pods as the CNI plugin tells them, before the kubelet has reported them.
type announcements struct {
	changed chan struct{}
	mu      sync.Mutex
	known   map[string]string // namespace/name to address
	waiting []net.Conn        // plugins that hold their pod back until its policies are in force
}

// told is what was announced when a ruleset was begun.
type told struct {
	known   map[string]string
	waiting []net.Conn
}

// listen takes lines "add NAMESPACE/NAME ADDRESS" and "del NAMESPACE/NAME", one a connection, and closes it when they are in force.
func listen(socket string) (*announcements, error) {
	a := &announcements{changed: make(chan struct{}, 1), known: map[string]string{}}
	if socket == "" {
		return a, nil
	}
	_ = os.Remove(socket)
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go a.take(c)
		}
	}()
	return a, nil
}

func (a *announcements) take(c net.Conn) {
	line, err := bufio.NewReader(c).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) < 2 {
		_ = c.Close()
		return
	}
	a.mu.Lock()
	if words[0] == "add" && len(words) == 3 {
		a.known[words[1]] = words[2]
	} else {
		delete(a.known, words[1])
	}
	a.waiting = append(a.waiting, c)
	a.mu.Unlock()
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

func (a *announcements) taken() told {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := told{maps.Clone(a.known), a.waiting}
	a.waiting = nil
	return t
}

// addresses gives a pod that has none in the API yet the one that was announced.
func (t told) addresses(pods []*core.Pod) []*core.Pod {
	out := make([]*core.Pod, len(pods))
	for i, p := range pods {
		out[i] = p
		if ip := t.known[p.Namespace+"/"+p.Name]; ip != "" && p.Status.PodIP == "" {
			out[i] = p.DeepCopy()
			out[i].Status.PodIP = ip
		}
	}
	return out
}

func (t told) done() {
	for _, c := range t.waiting {
		fmt.Fprintln(c, "ok")
		_ = c.Close()
	}
}
