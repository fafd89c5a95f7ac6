// Package watch connects to the cluster and calls back when something in sight has changed.
package watch

import (
	"context"
	"fmt"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// Start lists and watches with the informers that pick chooses. The channel it returns holds at most one token: "something
// has changed since you looked". It returns when all of them have seen their first full list.
func Start(ctx context.Context, kubeconfig string, pick func(informers.SharedInformerFactory) []cache.SharedIndexInformer) (<-chan struct{}, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	changed := make(chan struct{}, 1)
	note := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, informer := range pick(factory) {
		if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { note() },
			UpdateFunc: func(_, _ any) { note() },
			DeleteFunc: func(any) { note() },
		}); err != nil {
			return nil, err
		}
	}
	factory.Start(ctx.Done())
	for kind, ok := range factory.WaitForCacheSync(ctx.Done()) {
		if !ok {
			return nil, fmt.Errorf("no first list of %v", kind)
		}
	}
	note()
	return changed, nil
}
