package logs

// circle is a queue in memory that is used again and again.
type circle[T any] struct {
	buf   []T
	first int
	n     int
}

// at returns element i, of which 0 is the oldest.
func (c *circle[T]) at(i int) *T { return &c.buf[(c.first+i)%len(c.buf)] }

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
	c.first = (c.first + 1) % len(c.buf)
	c.n--
}
