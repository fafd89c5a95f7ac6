// Package netpol enforces NetworkPolicy on the one node of the test cluster, with nftables. It wants pods whose traffic is
// routed (CNI "ptp"), so that every packet between pods passes the forward hook. IPv4; TCP, UDP; no named SCTP ports.
package netpol

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"mainloop/cluster/watch"
)

const (
	gather = 20 * time.Millisecond // several changes, one ruleset
	again  = time.Second
)

// NewCommand enforces for the pods in --pod-cidr of the cluster of --kubeconfig.
func NewCommand() *cobra.Command {
	var kubeconfig, cidr, socket string
	c := &cobra.Command{Use: "netpol", SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
		return enforce(context.Background(), kubeconfig, cidr, socket)
	}}
	c.Flags().StringVar(&kubeconfig, "kubeconfig", "", "path of the kubeconfig")
	c.Flags().StringVar(&socket, "socket", "", "where the CNI plugin tells of new pods")
	c.Flags().StringVar(&cidr, "pod-cidr", "10.88.0.0/16", "addresses of pods")
	return c
}

func enforce(ctx context.Context, kubeconfig, cidr, socket string) error {
	// Before the first list nobody is known, so no pod has any network.
	if err := load(Ruleset(State{PodCIDR: cidr})); err != nil {
		return err
	}
	var f informers.SharedInformerFactory
	changed, err := watch.Start(ctx, kubeconfig, func(factory informers.SharedInformerFactory) []cache.SharedIndexInformer {
		f = factory
		return []cache.SharedIndexInformer{f.Core().V1().Pods().Informer(), f.Core().V1().Namespaces().Informer(), f.Networking().V1().NetworkPolicies().Informer()}
	})
	if err != nil {
		return err
	}
	news, err := listen(socket)
	if err != nil {
		return err
	}
	loaded := ""
	for {
		select {
		case <-changed:
		case <-news.changed:
		}
		told := news.taken()
		s := State{PodCIDR: cidr, Namespaces: map[string]labels.Set{}}
		if s.Pods, err = f.Core().V1().Pods().Lister().List(labels.Everything()); err != nil {
			return err
		}
		if s.Policies, err = f.Networking().V1().NetworkPolicies().Lister().List(labels.Everything()); err != nil {
			return err
		}
		s.Pods = told.addresses(s.Pods)
		namespaces, err := f.Core().V1().Namespaces().Lister().List(labels.Everything())
		if err != nil {
			return err
		}
		for _, n := range namespaces {
			s.Namespaces[n.Name] = n.Labels
		}
		for rules := Ruleset(s); rules != loaded; {
			if err := load(rules); err != nil {
				fmt.Fprintln(os.Stderr, err)
				time.Sleep(again)
				continue
			}
			loaded = rules
			fmt.Fprintf(os.Stderr, "%s %d pods, %d policies\n", time.Now().Format(time.RFC3339Nano), len(s.Pods), len(s.Policies))
		}
		told.done()
		time.Sleep(gather)
	}
}

// load replaces our table as a whole: nft applies a file in one transaction.
func load(rules string) error {
	c := exec.Command("nft", "-f", "-")
	c.Stdin = strings.NewReader(rules)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}
