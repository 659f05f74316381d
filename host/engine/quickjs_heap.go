package engine

import "context"

// mostSmall is the size of the largest block that QuickJS takes from a stretch of blocks of one size, in bytes.
const mostSmall = 504

// spareShapes makes the table of shapes grow, which changes all shapes and so all of their pages, so that it does not soon do so in an instance. It
// grows when an object has a new prototype.
const spareShapes = `{
	const spare = [];
	for (let i = 0; i < 150; i++) spare.push({ ['lull' + i]: 0 });
	for (let i = 0; i < 8; i++) spare.push(Object.create({}));
}`

// compact makes the interpreter take its blocks from few pages from now on. What it has freed while it started lies about in all of its heap; each
// page of that which an instance takes a block from becomes the instance's own, and costs it a fault. So those blocks are taken here, and not
// given back: all but those of a fresh stretch for each size.
func (q *quickjs) compact(ctx context.Context) {
	q.do(ctx, qFreeValue, uint64(q.eval(ctx, spareShapes, "lull:shapes")))
	q.do(ctx, qRunGC)
	// The C library's blocks first: from a large one, of which there is none but by growing, down. That one is where all further ones come from.
	const large = 1 << 20
	var end uint32
	for before := q.memory().Size(); q.memory().Size() == before; {
		end = q.block(ctx, large)
	}
	q.do(ctx, qFree, uint64(end))
	for size := uint64(large / 2); size > 0; size -= max(size/4&^7, 8) {
		for at := q.block(ctx, size); ; at = q.block(ctx, size) {
			if at >= end {
				q.do(ctx, qFree, uint64(at))
				break
			}
		}
	}
	runtime := uint64(q.do(ctx, qRuntimePtr))
	for size := uint64(8); size <= mostSmall; size += 8 {
		for at := uint32(1); at != 0 && at < end; {
			at = q.do(ctx, qBlock, runtime, size)
		}
	}
}

// block takes a block of the C library's.
func (q *quickjs) block(ctx context.Context, size uint64) uint32 {
	at := q.do(ctx, qMalloc, size)
	if at == 0 {
		panic(trapped{errNoMemory})
	}
	return at
}
