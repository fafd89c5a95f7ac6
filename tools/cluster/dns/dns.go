// Package dns answers for the names of Services, over UDP: NAME.NAMESPACE.svc.cluster.local. Everything else does not exist:
// the test cluster has no way out, and a name server that asks further would be one.
package dns

import (
	"context"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/dns/dnsmessage"
	"k8s.io/client-go/informers"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"mainloop/cluster/watch"
)

const suffix = ".svc.cluster.local."

// NewCommand listens on --listen (host:port, UDP) for the cluster of --kubeconfig.
func NewCommand() *cobra.Command {
	var kubeconfig, listen string
	c := &cobra.Command{Use: "dns", SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
		return serve(context.Background(), kubeconfig, listen)
	}}
	c.Flags().StringVar(&kubeconfig, "kubeconfig", "", "path of the kubeconfig")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:53", "address to answer on")
	return c
}

func serve(ctx context.Context, kubeconfig, listen string) error {
	var services corelisters.ServiceLister
	if _, err := watch.Start(ctx, kubeconfig, func(f informers.SharedInformerFactory) []cache.SharedIndexInformer {
		services = f.Core().V1().Services().Lister()
		return []cache.SharedIndexInformer{f.Core().V1().Services().Informer()}
	}); err != nil {
		return err
	}
	conn, err := net.ListenPacket("udp4", listen)
	if err != nil {
		return err
	}
	os.Stderr.WriteString("dns listens on " + listen + "\n")
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if reply := Answer(buffer[:n], func(namespace, name string) net.IP {
			s, err := services.Services(namespace).Get(name)
			if err != nil {
				return nil
			}
			return net.ParseIP(s.Spec.ClusterIP).To4()
		}); reply != nil {
			_, _ = conn.WriteTo(reply, from)
		}
	}
}

// Answer makes the reply to one query, or nil for what is no query. find gives the address of a Service, or nil.
func Answer(query []byte, find func(namespace, name string) net.IP) []byte {
	var p dnsmessage.Parser
	header, err := p.Start(query)
	if err != nil || header.Response {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	header.Response, header.Authoritative, header.RecursionAvailable = true, true, false
	var ip net.IP
	name, isService := strings.CutSuffix(strings.ToLower(q.Name.String()), suffix)
	if parts := strings.Split(name, "."); isService && len(parts) == 2 {
		ip = find(parts[1], parts[0])
	}
	if ip == nil {
		header.RCode = dnsmessage.RCodeNameError
	}
	b := dnsmessage.NewBuilder(nil, header)
	if b.StartQuestions() != nil || b.Question(q) != nil || b.StartAnswers() != nil {
		return nil
	}
	// Only IPv4 here: a question for AAAA gets an empty answer, not a denial.
	if ip != nil && q.Type == dnsmessage.TypeA {
		if b.AResource(dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 5}, dnsmessage.AResource{A: [4]byte(ip)}) != nil {
			return nil
		}
	}
	reply, err := b.Finish()
	if err != nil {
		return nil
	}
	return reply
}
