package fcapi

import (
	"time"

	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/registry"
)

// functionObject is a function as clients see it. Its code is not in it. All durations are whole seconds.
type functionObject struct {
	FunctionName            string            `json:"functionName"`
	FunctionID              string            `json:"functionId"`
	Description             string            `json:"description"`
	Runtime                 string            `json:"runtime"`
	Handler                 string            `json:"handler"`
	Initializer             string            `json:"initializer"`
	InitializationTimeout   int64             `json:"initializationTimeout"`
	Timeout                 int64             `json:"timeout"`
	MemorySize              int               `json:"memorySize"`
	InstanceConcurrency     int               `json:"instanceConcurrency"`
	InstanceLifecycleConfig lifecycleObject   `json:"instanceLifecycleConfig"`
	EnvironmentVariables    map[string]string `json:"environmentVariables"`
	CodeSize                int               `json:"codeSize"`
	CodeChecksum            string            `json:"codeChecksum"` // of the module, without the zip around it
	CreatedTime             string            `json:"createdTime"`
	LastModifiedTime        string            `json:"lastModifiedTime"`

	// lull's own.
	MaxInstances int   `json:"maxInstances"`
	MinInstances int   `json:"minInstances"`
	IdleTimeout  int64 `json:"idleTimeout"` // -1: for ever
	QueueTimeout int64 `json:"queueTimeout"`
	QueueLimit   int   `json:"queueLimit"` // 0: nobody waits

	// What lull keeps and does not act upon; unset, with the values that stand for that.
	InstanceType          any      `json:"instanceType"`
	CAPort                any      `json:"caPort"`
	Layers                any      `json:"layers"`
	CustomContainerConfig any      `json:"customContainerConfig"`
	CustomRuntimeConfig   any      `json:"customRuntimeConfig"`
	CustomDNS             any      `json:"customDNS"`
	Isolation             string   `json:"isolation"`  // lull's own
	AllowHosts            []string `json:"allowHosts"` // lull's own
}

// lifecycleObject has both hooks in every answer; one that is off has an empty handler and timeout 0. Writing it back changes nothing.
type lifecycleObject struct {
	PreFreeze hookObject `json:"preFreeze"`
	PreStop   hookObject `json:"preStop"`
}

type hookObject struct {
	Handler string `json:"handler"`
	Timeout int64  `json:"timeout"`
}

func newHookObject(h fn.Hook) hookObject { return hookObject{h.Handler, seconds(h.Timeout)} }

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func newFunctionObject(v *registry.Version) functionObject {
	f, l := &v.Function, v.Function.Limits
	o := functionObject{
		FunctionName: f.Name, FunctionID: v.FunctionID, Description: f.Description, Runtime: f.Runtime, Handler: f.Handler,
		Initializer: f.Initializer.Handler, InitializationTimeout: seconds(f.Initializer.Timeout),
		Timeout: seconds(l.Timeout), MemorySize: l.MemoryMiB, InstanceConcurrency: l.Concurrency,
		InstanceLifecycleConfig: lifecycleObject{newHookObject(f.PreFreeze), newHookObject(f.PreStop)},
		EnvironmentVariables:    f.Env,
		CodeSize:                v.CodeSize, CodeChecksum: v.CodeChecksum,
		CreatedTime: timeText(v.Created), LastModifiedTime: timeText(v.Modified),
		MaxInstances: l.MaxInstances, MinInstances: l.MinInstances,
		IdleTimeout: seconds(l.IdleTimeout), QueueTimeout: seconds(l.QueueTimeout), QueueLimit: max(l.QueueLimit, 0),
		Isolation: string(f.Isolation), AllowHosts: f.AllowHosts, InstanceType: setting(f.Settings, "instanceType", "e1"), CAPort: setting(f.Settings, "caPort", 9000),
		Layers: setting(f.Settings, "layers", []string{}), CustomContainerConfig: setting(f.Settings, "customContainerConfig", nil),
		CustomRuntimeConfig: setting(f.Settings, "customRuntimeConfig", nil), CustomDNS: setting(f.Settings, "customDNS", nil),
	}
	if o.AllowHosts == nil {
		o.AllowHosts = []string{}
	}
	if o.EnvironmentVariables == nil {
		o.EnvironmentVariables = map[string]string{}
	}
	if !f.Initializer.On() {
		o.InitializationTimeout = seconds(fn.DefaultHookTimeout)
	}
	if l.IdleTimeout < 0 {
		o.IdleTimeout = -1
	}
	return o
}
