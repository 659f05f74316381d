// Package nodejs holds the scripts with which QuickJS runs Node.js functions.
package nodejs

import (
	"embed"
	"strings"
)

//go:embed runtime/*.js
var runtime embed.FS

// parts of the runtime, in their order: they share one scope.
var parts = []string{
	"host", "errors", "text", "buffer", "console", "async", "timers", "process", "fs", "crypto", "fetch", "http", "zlib", "vm", "modules", "context", "dispatch",
}

// Runtime is what Node.js has and QuickJS does not, and the part of the driver that runs in the interpreter. It is a function of the host
// function, the mailbox, and the settings as JSON.
var Runtime = func() string {
	var b strings.Builder
	b.WriteString("(function (host, mail, settingsText) {\n'use strict';\n")
	for _, p := range parts {
		text, err := runtime.ReadFile("runtime/" + p + ".js")
		if err != nil {
			panic(err) // it is embedded
		}
		b.Write(text)
	}
	b.WriteString("})")
	return b.String()
}()

// Bundle is the entry of the bundle of npm packages that stand in for modules of Node.js. It is bundled when the interpreter is prepared.
//
//go:embed bundle/index.js
var Bundle string

// BundlePackage and BundleLock name the packages of the bundle, and pin them: package.json and package-lock.json.
//
//go:embed bundle/package.json
var BundlePackage string

//go:embed bundle/package-lock.json
var BundleLock string
