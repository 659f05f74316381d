"""The work of the comparison: see work.h beside the folder."""

count = 0


def handler(event, context):
    global count
    if event.startswith(b"spin "):
        x = 1
        for _ in range(int(event[5:])):
            x ^= x << 13 & 0xFFFFFFFF
            x ^= x >> 17
            x ^= x << 5 & 0xFFFFFFFF
        return "%08x" % x
    total = 2166136261
    for byte in event:
        total = (total ^ byte) * 16777619 & 0xFFFFFFFF
    count += 1
    return "%d %08x" % (count, total)
