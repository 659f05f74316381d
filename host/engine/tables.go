package engine

import (
	"encoding/binary"

	"github.com/lull-dev/lull/host/fn"
)

// maxTableElements bounds the tables of one module together. An element is 8 bytes of the host's memory, outside of the function's
// memory limit, and without a maximum wazero lets a table grow to 32 GiB.
const maxTableElements = 1 << 20

// limitTables gives every table of a module a maximum, so that all together stay within maxTableElements. It refuses tables that are
// larger from the start. What it cannot read it leaves as it is: sure is false, and wazero is expected to find it invalid.
func limitTables(code []byte) (limited []byte, sure bool, err error) {
	body, begin, end, ok := section(code, tableSection)
	if !ok {
		return code, true, nil
	}
	type table struct {
		elem  byte
		least uint32
		most  *uint32
	}
	var tables []table
	var sum uint64
	r := &reader{b: body}
	for n := r.u32(); n > 0 && !r.bad; n-- {
		t := table{elem: r.refType()}
		t.least, t.most = r.limits()
		sum += uint64(t.least)
		tables = append(tables, t)
	}
	switch {
	case r.bad || len(r.b) > 0:
		return code, false, nil
	case sum > maxTableElements:
		return nil, false, fn.Errorf(fn.CodeInvalidArgument, "the module's tables begin with %d elements, the limit is %d", sum, maxTableElements)
	case len(tables) == 0:
		return code, true, nil
	}
	spare := uint32(maxTableElements-sum) / uint32(len(tables))
	content := binary.AppendUvarint(nil, uint64(len(tables)))
	for _, t := range tables {
		most := t.least + spare
		if t.most != nil {
			most = min(most, *t.most)
		}
		content = append(content, t.elem, 1)
		content = binary.AppendUvarint(content, uint64(t.least))
		content = binary.AppendUvarint(content, uint64(most))
	}
	limited = append([]byte(nil), code[:begin]...)
	limited = append(limited, tableSection)
	limited = binary.AppendUvarint(limited, uint64(len(content)))
	limited = append(limited, content...)
	return append(limited, code[end:]...), true, nil
}
