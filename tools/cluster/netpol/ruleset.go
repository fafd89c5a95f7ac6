package netpol

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// State is everything that a ruleset depends on.
type State struct {
	PodCIDR    string
	Pods       []*core.Pod
	Namespaces map[string]labels.Set
	Policies   []*networking.NetworkPolicy
}

// A direction of traffic as seen from the pod that a policy selects.
type direction struct {
	kind   networking.PolicyType
	prefix string // of the names of its chains
	far    string // the address field of the other end
}

var (
	egress  = direction{networking.PolicyTypeEgress, "out", "daddr"}
	ingress = direction{networking.PolicyTypeIngress, "in", "saddr"}
)

// Ruleset writes the nftables file that enforces s. An address in PodCIDR that belongs to no pod we know of is dropped both
// ways, so a pod has no network at all until its policies are in force.
func Ruleset(s State) string {
	pods := networked(s.Pods)
	slices.SortFunc(s.Policies, func(a, b *networking.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	var known []string
	jumps := map[string][]string{}
	var chains strings.Builder
	for _, p := range pods {
		known = append(known, p.Status.PodIP)
		for _, d := range []direction{egress, ingress} {
			allowed, isolated := s.allowed(p, d, pods)
			if !isolated {
				continue
			}
			chain := d.prefix + "_" + strings.ReplaceAll(p.Status.PodIP, ".", "_")
			jumps[d.prefix] = append(jumps[d.prefix], p.Status.PodIP+" : jump "+chain)
			fmt.Fprintf(&chains, "\tchain %s { # %s/%s\n", chain, p.Namespace, p.Name)
			for _, match := range allowed {
				fmt.Fprintf(&chains, "\t\t%s return\n", match)
			}
			chains.WriteString("\t\tcounter drop\n\t}\n")
		}
	}
	return fmt.Sprintf(`table inet netpol
delete table inet netpol
table inet netpol {
	set known { type ipv4_addr; %[2]s }
	map out { type ipv4_addr : verdict; %[3]s }
	map in { type ipv4_addr : verdict; %[4]s }
%[5]s	chain forward { type filter hook forward priority filter; policy accept;
		ct state established,related accept
		ip saddr %[1]s ip saddr != @known counter drop
		ip daddr %[1]s ip daddr != @known counter drop
		ip saddr vmap @out
		ip daddr vmap @in
	}
	chain input { type filter hook input priority filter; policy accept;
		ct state established,related accept
		ip saddr %[1]s ip saddr != @known counter drop
		ip saddr vmap @out
	}
}
`, s.PodCIDR, elements(known), elements(jumps[egress.prefix]), elements(jumps[ingress.prefix]), chains.String())
}

// networked keeps the pods that have an address of their own now, in the order of their addresses.
func networked(all []*core.Pod) []*core.Pod {
	pods := slices.DeleteFunc(slices.Clone(all), func(p *core.Pod) bool {
		return p.Status.PodIP == "" || strings.Contains(p.Status.PodIP, ":") || p.Spec.HostNetwork ||
			p.Status.Phase == core.PodSucceeded || p.Status.Phase == core.PodFailed
	})
	slices.SortFunc(pods, func(a, b *core.Pod) int { return cmp.Compare(a.Status.PodIP, b.Status.PodIP) })
	return pods
}

// allowed gives the matches of what p may send or receive. A pod that no policy selects is not isolated.
func (s State) allowed(p *core.Pod, d direction, pods []*core.Pod) (matches []string, isolated bool) {
	for _, policy := range s.Policies {
		if policy.Namespace != p.Namespace || !slices.Contains(policy.Spec.PolicyTypes, d.kind) || !matchesLabels(&policy.Spec.PodSelector, p.Labels) {
			continue
		}
		isolated = true
		if d == egress {
			for _, r := range policy.Spec.Egress {
				matches = append(matches, s.matches(policy.Namespace, d, p, r.To, r.Ports, pods)...)
			}
			continue
		}
		for _, r := range policy.Spec.Ingress {
			matches = append(matches, s.matches(policy.Namespace, d, p, r.From, r.Ports, pods)...)
		}
	}
	return matches, isolated
}

func (s State) matches(namespace string, d direction, p *core.Pod, peers []networking.NetworkPolicyPeer, ports []networking.NetworkPolicyPort, pods []*core.Pod) []string {
	var addresses []string
	far := pods // whose named ports an egress rule may mean
	if len(peers) == 0 {
		addresses = []string{""}
	} else {
		far = nil
	}
	for _, peer := range peers {
		if b := peer.IPBlock; b != nil {
			if strings.Contains(b.CIDR, ":") {
				continue
			}
			m := "ip " + d.far + " " + b.CIDR
			if len(b.Except) > 0 {
				m += " ip " + d.far + " != { " + strings.Join(b.Except, ", ") + " }"
			}
			addresses = append(addresses, m)
			continue
		}
		var ips []string
		for _, q := range pods {
			if s.selects(namespace, peer, q) {
				ips, far = append(ips, q.Status.PodIP), append(far, q)
			}
		}
		if len(ips) > 0 {
			addresses = append(addresses, "ip "+d.far+" { "+strings.Join(ips, ", ")+" }")
		}
	}
	if len(ports) == 0 {
		return addresses
	}
	var out []string
	for _, port := range ports {
		protocol := "tcp"
		if port.Protocol != nil {
			protocol = strings.ToLower(string(*port.Protocol))
		}
		// The name of a port is looked up at the receiving end: ours for ingress, theirs for egress.
		if port.Port != nil && port.Port.Type == intstr.String && d == egress {
			for _, q := range far {
				if n := named(q, port.Port.StrVal, protocol); n > 0 {
					out = append(out, fmt.Sprintf("ip daddr %s %s dport %d", q.Status.PodIP, protocol, n))
				}
			}
			continue
		}
		for _, a := range addresses {
			switch {
			case port.Port == nil:
				out = append(out, a+" meta l4proto "+protocol)
			case port.Port.Type == intstr.String:
				if n := named(p, port.Port.StrVal, protocol); n > 0 {
					out = append(out, fmt.Sprintf("%s %s dport %d", a, protocol, n))
				}
			case port.EndPort != nil:
				out = append(out, fmt.Sprintf("%s %s dport %d-%d", a, protocol, port.Port.IntVal, *port.EndPort))
			default:
				out = append(out, fmt.Sprintf("%s %s dport %d", a, protocol, port.Port.IntVal))
			}
		}
	}
	return out
}

func (s State) selects(namespace string, peer networking.NetworkPolicyPeer, q *core.Pod) bool {
	if peer.NamespaceSelector == nil {
		if q.Namespace != namespace {
			return false
		}
	} else if !matchesLabels(peer.NamespaceSelector, s.Namespaces[q.Namespace]) {
		return false
	}
	return peer.PodSelector == nil || matchesLabels(peer.PodSelector, q.Labels)
}

func matchesLabels(selector *meta.LabelSelector, have map[string]string) bool {
	s, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(have))
}

func named(p *core.Pod, name, protocol string) int32 {
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			if port.Name == name && strings.EqualFold(cmp.Or(string(port.Protocol), "tcp"), protocol) {
				return port.ContainerPort
			}
		}
	}
	return 0
}

func elements(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "elements = { " + strings.Join(all, ", ") + " };"
}
