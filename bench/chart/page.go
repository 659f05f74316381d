package chart

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/lull-dev/lull/bench/figures"
)

// svg is a drawn plot.
type svg struct{ title, text string }

// page needs no file beside it: the plots are in it, and the report itself as JSON at its end.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Report.Title}}</title>
<meta name="viewport" content="width=device-width">
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em; color: #222; }
pre { background: #f6f6f4; padding: 1em; overflow-x: auto; font-size: 13px; }
figure { margin: 2em 0; } figure svg { max-width: 100%; height: auto; }
code { background: #f6f6f4; padding: .1em .3em; }
.partial { border-left: 4px solid #c33; padding-left: 1em; }
</style></head><body>
<h1>{{.Report.Title}}</h1>
<p>Made by <code>{{.Command}}</code>.</p>
{{with .Report.Partial}}<p class="partial"><strong>Partial:</strong> {{.}}</p>{{end}}
<pre>{{.Text}}</pre>
{{range .Plots}}<figure><figcaption><strong>{{.Title}}</strong></figcaption>{{.SVG}}</figure>
{{end}}
<script type="application/json" id="report">{{.Report}}</script>
</body></html>
`))

func writePage(w io.Writer, r *figures.Report, svgs []svg) error {
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		return err
	}
	type drawn struct {
		Title string
		SVG   template.HTML
	}
	var plots []drawn
	for _, s := range svgs {
		_, body, ok := strings.Cut(s.text, "<svg") // without the XML declaration
		if !ok {
			return fmt.Errorf("%s: the plot is not SVG", s.title)
		}
		plots = append(plots, drawn{s.title, template.HTML("<svg" + body)}) // drawn by us; gonum escapes the texts in it
	}
	if _, err := json.Marshal(r); err != nil {
		return err // the template would write the error into the page
	}
	return page.Execute(w, map[string]any{"Report": r, "Command": strings.Join(r.Command, " "), "Text": text.String(), "Plots": plots})
}
