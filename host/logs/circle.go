package logs

// circle is a queue in memory that is used again and again.
type circle[T any] struct {
	buf   []T
	first int
	n     int
}

// at returns element i, of which 0 is the oldest.
func (c *circle[T]) at(i int) *T {
	if i += c.first; i >= len(c.buf) {
		i -= len(c.buf)
	}
	return &c.buf[i]
}

// appendFrom appends copies of element i and those after it.
func (c *circle[T]) appendFrom(to []T, i int) []T {
	if i >= c.n {
		return to
	}
	start := c.first + i
	if start >= len(c.buf) {
		start -= len(c.buf)
	}
	head := c.buf[start:min(start+c.n-i, len(c.buf))]
	return append(append(to, head...), c.buf[:c.n-i-len(head)]...)
}

// push adds an element and grows the memory if it has to.
func (c *circle[T]) push(v T) {
	if c.n == len(c.buf) {
		grown := make([]T, max(16, 2*c.n))
		k := copy(grown, c.buf[c.first:])
		copy(grown[k:], c.buf[:c.first])
		c.buf, c.first = grown, 0
	}
	c.n++
	*c.at(c.n - 1) = v
}

// drop removes the oldest element.
func (c *circle[T]) drop() {
	var zero T
	c.buf[c.first] = zero
	if c.first++; c.first == len(c.buf) {
		c.first = 0
	}
	c.n--
}
