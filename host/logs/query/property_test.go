package query_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/host/logs/query"
)

// A made-up query comes as its text and, beside it, as what it means, said as plainly as possible.
type made struct {
	text  string
	means func(record) bool
	atom  bool // needs no parentheses anywhere
}

var vocabulary = []string{"alpha", "beta", "Alpha-1", "x.y", "x", "al", "c-6283", "and"}

var fields = map[string]query.Field{
	"message": query.Message, "serviceName": query.ServiceName, "instanceID": query.InstanceID, "hook": query.Hook,
}

// wordsOf is a second opinion on what the words of ASCII text are.
func wordsOf(text string) (words []string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}) {
		if w = strings.Trim(w, "-."); w != "" {
			words = append(words, strings.ToLower(w))
		}
	}
	return words
}

func drawTerm(t *rapid.T) made {
	words := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 3).Draw(t, "words")
	prefix := rapid.Bool().Draw(t, "prefix")
	field := rapid.SampledFrom([]string{"", "message", "serviceName", "instanceID", "hook"}).Draw(t, "field")
	text := `"` + strings.Join(words, rapid.SampledFrom([]string{" ", ", ", ": "}).Draw(t, "between")) + `"`
	if len(words) == 1 && words[0] != "and" {
		text = words[0]
	}
	if prefix {
		text += "*"
	}
	in := []query.Field{query.Message, query.ServiceName, query.InstanceID}
	if field != "" {
		in = []query.Field{fields[field]}
		text = rapid.SampledFrom([]string{field, strings.ToUpper(field)}).Draw(t, "spelled") + rapid.SampledFrom([]string{":", " : "}).Draw(t, "colon") + text
	}
	want := strings.ToLower(strings.Join(words, " ")) + " "
	if prefix {
		want = strings.TrimSuffix(want, " ")
	}
	return made{text: text, atom: true, means: func(r record) bool {
		for _, f := range in {
			if strings.Contains(" "+strings.Join(wordsOf(r[f]), " ")+" ", " "+want) {
				return true
			}
		}
		return false
	}}
}

func draw(t *rapid.T, depth int) made {
	kind := "term"
	if depth > 0 {
		kind = rapid.SampledFrom([]string{"term", "not", "and", "or", "beside"}).Draw(t, "kind")
	}
	group := func(m made) string {
		if m.atom {
			return m.text
		}
		return "(" + m.text + ")"
	}
	switch kind {
	case "not":
		a := draw(t, depth-1)
		return made{text: "NOT " + group(a), atom: true, means: func(r record) bool { return !a.means(r) }}
	case "or":
		a, b := draw(t, depth-1), draw(t, depth-1)
		return made{text: group(a) + " or " + group(b), means: func(r record) bool { return a.means(r) || b.means(r) }}
	case "and", "beside":
		a, b := draw(t, depth-1), draw(t, depth-1)
		by := map[string]string{"and": " And ", "beside": " "}[kind]
		return made{text: group(a) + by + group(b), means: func(r record) bool { return a.means(r) && b.means(r) }}
	}
	return drawTerm(t)
}

func TestQuery_MeansWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := draw(t, 4)
		r := record{}
		for name, f := range fields {
			r[f] = strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(vocabulary, "ALPHA", ",", "--", "beta.", "alphabet")), 0, 5).Draw(t, name), " ")
		}
		parsed, err := query.Parse(q.text)
		require.NoError(t, err, q.text)
		require.Equal(t, q.means(r), parsed.Match(r), "%s\nin %v", q.text, r)
	})
}

func TestQuery_MatchesWithoutAllocation(t *testing.T) {
	q := must(t, `c-6283* and not "connection reset" or level:error`)
	var r query.Record = stopping
	require.Zero(t, testing.AllocsPerRun(100, func() { q.Match(r) }))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{instance + " and PreStop", `level: error and not ("connection reset" or time*)`, "resize AND shop AND qualifier: LATEST", `"\"`, "超时 or ((", "a*b", "not", "hook:*"} {
		f.Add(s, "FC PreStop Start RequestId: "+request)
	}
	f.Fuzz(func(t *testing.T, s, message string) {
		q, err := query.Parse(s)
		if err != nil {
			e := new(query.SyntaxError)
			require.ErrorAs(t, err, &e)
			require.GreaterOrEqual(t, e.At, 1)
			require.LessOrEqual(t, e.At, len([]rune(s))+1)
			return
		}
		r := record{query.Message: message, query.InstanceID: instance}
		if inverse, err := query.Parse("not (" + s + ")"); err == nil { // otherwise s is blank, or at a bound
			require.NotEqual(t, q.Match(r), inverse.Match(r))
		}
	})
}
