package query_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/logs/query"
)

// record is one with the fields that it has.
type record map[query.Field]string

func (r record) Field(f query.Field) string { return r[f] }

const (
	instance = "c-62833f38-20f1629801fa4bd00001"
	request  = "3df07cc9-1b3c-4e1f-9a57-0d5c0f2b7a11"
)

// stopping is the record of a hook's first line.
var stopping = record{
	query.Topic: "shop", query.ServiceName: "shop", query.FunctionName: "resize", query.Qualifier: "LATEST", query.VersionID: "7",
	query.InstanceID: instance, query.RequestID: request, query.Hook: "PreStop", query.Level: "info", query.Source: "platform",
	query.Message: "FC PreStop Start RequestId: " + request,
}

func TestQuery_Finds(t *testing.T) {
	for q, want := range map[string]bool{
		"":                                       true,
		" \t\n":                                  true,
		instance:                                 true,
		instance + " and PreStop":                true,
		instance + " AND prestop":                true,
		instance + " and PreFreeze":              false,
		"c-62833f38-*****":                       true, // as ids are masked in documents
		"c-62833f38-20f1*":                       true,
		"c-62833f38":                             false, // hyphens do not end a word
		"c-62833f39*":                            false,
		request:                                  true,
		strings.ToUpper(request):                 true,
		"resize AND shop AND qualifier: LATEST":  true,
		"resize AND shop AND qualifier: 7":       false,
		"qualifier:latest":                       true,
		"qualifier : latest":                     true,
		"requestid: " + request:                  true,
		"FC PreStop Start RequestId: " + request: true, // a pasted line
		"RequestId":                              true,
		"PreStop Invoke":                         false, // side by side means and
		"PreStop or Invoke":                      true,
		"Invoke or PreFreeze":                    false,
		"not Invoke":                             true,
		"not not PreStop":                        true,
		"NOT PreStop":                            false,
		"Invoke and x or PreStop":                true, // and binds tighter
		"PreStop or x and Invoke":                true,
		"(PreStop or x) and Invoke":              false,
		"not Invoke and PreStop":                 true,
		"not (Invoke and PreStop)":               true,
		`"prestop start"`:                        true,
		`"start prestop"`:                        false,
		`"PreStop Sta"*`:                         true,
		`"PreStop: Start"`:                       true, // punctuation is between words
		`"a \" b"`:                               false,
		"PreStop=Start":                          true, // a phrase without quotes
		"PreStop=Sta*":                           true,
		"hook: PreStop":                          true,
		"hook:prefreeze":                         false,
		"platform":                               false, // hook, level and source take part by name only
		"source:platform":                        true,
		"level:info":                             true,
		"*":                                      true,
		"versionId:*":                            true,
		"message: not":                           false,
		`"not" or "and"`:                         false,
		"__topic__:shop":                         true,
		"message:shop":                           false,
		"PreStop.":                               true,
	} {
		t.Run(q, func(t *testing.T) {
			parsed, err := query.Parse(q)
			require.NoError(t, err)
			require.Equal(t, want, parsed.Match(stopping))
			require.Equal(t, q, parsed.String())
		})
	}
	require.True(t, (*query.Query)(nil).Match(stopping))
}

func TestQuery_FindsWordsOfOtherWriting(t *testing.T) {
	for text, queries := range map[string][]string{
		"函数执行超时，请重试":          {"超时", "执行超*", "\"请重试\"", "message:函数"},
		"GRÖSSE der Straße":   {"größe or grösse", "straße", "str*"},
		"k = 5; v1.2.3 done.": {"v1.2.3", "done", "5", "k", "K", "v1.*", `"k 5"`}, // the second K is the Kelvin sign
		"GET /a/b?x=1":        {"/a/b", "x=1", "get"},
	} {
		for _, q := range queries {
			parsed, err := query.Parse(q)
			require.NoError(t, err)
			require.True(t, parsed.Match(record{query.Message: text}), "%s in %s", q, text)
		}
	}
	require.False(t, must(t, "超行").Match(record{query.Message: "函数执行超时"}))
	require.False(t, must(t, "versionId:*").Match(record{}))
}

func must(t testing.TB, s string) *query.Query {
	t.Helper()
	q, err := query.Parse(s)
	require.NoError(t, err)
	return q
}

func TestParse_SaysWhatIsWrongAndWhere(t *testing.T) {
	for q, want := range map[string]string{
		"and x":      "at character 1: 'and' joins two sides",
		"x or":       "at character 5: expected a word, a phrase or '(', found the end",
		"x and or y": "at character 7: 'or' joins two sides",
		"not":        "at character 4: expected a word",
		"(x":         "at character 1: a '(' that is not closed",
		"x)":         "at character 2: a ')' without '('",
		"()":         "at character 2: a ')' without '('",
		`x "y`:       "at character 3: a quote that is not closed",
		"größe: x":   `at character 1: there is no field "größe"; fields are message, __topic__, serviceName`,
		"x 12:30:05": `at character 3: there is no field "12"`,
		`"hook":x`:   "at character 1: there is no field",
		"hook:":      "at character 6: expected a word or a phrase after 'hook:', found the end",
		"hook:(a)":   "at character 6: expected a word or a phrase after 'hook:', found '('",
		": x":        "at character 1: a ':' without the name of a field",
		"hook:a:b":   "at character 7: a ':' without the name of a field",
		"ä a*b":      "at character 4: a star stands for the end of a word only",
		"=":          `at character 1: "=" has neither letters nor digits`,
		`""`:         `at character 1: "" has neither letters nor digits`,
		`x "--" y`:   `at character 3: "--" has neither letters nor digits`,
		"hook:\"\"":  "at character 6",
		strings.Repeat("(", 101) + "x" + strings.Repeat(")", 101): "at character 101: more than 100 parentheses",
		strings.Repeat("not ", 101) + "x":                         "at character 401: more than 100 parentheses",
		strings.Repeat("x ", 101):                                 "at character 201: more than 100 words",
		strings.Repeat("x", query.MaxBytes+1):                     "at character 1: the query has 4097 bytes; 4096 are allowed",
	} {
		_, err := query.Parse(q)
		require.ErrorAs(t, err, new(*query.SyntaxError), q)
		require.ErrorContains(t, err, want, q)
	}
}
