"""json.loads and json.dumps as they are mostly called, without options: with the parts of them that are in C, and without those in Python, which find out the encoding, skip
spaces by a regular expression, and make an encoder. What is out of the ordinary, and all that is wrong, goes to the library's own."""
import functools
import json

scan = json._default_decoder.scan_once
make = json.encoder.c_make_encoder
quote = json.encoder.encode_basestring_ascii
default = json._default_encoder.default
library_loads, library_encode = json.loads, json._default_encoder.encode

containers = {}  # those that the encoder of answers is in: it finds circles by them
encoder = make(containers, default, quote, None, ': ', ', ', False, False, True)


@functools.wraps(library_loads)
def loads(s, **options):
    if not options:
        try:
            # Text in UTF-16 or UTF-32, and a byte order mark, are no JSON in UTF-8.
            text = s.decode() if type(s) is bytes else s
            value, end = scan(text, 0)
            if end == len(text):
                return value
        except Exception:
            pass
    return library_loads(s, **options)


def encode(value):
    try:
        return ''.join(make({}, default, quote, None, ': ', ', ', False, False, True)(value, 0))
    except Exception:
        pass
    return library_encode(value)


def encode_answer(value):
    """The same for what a handler returns. There is one at a time, so its encoder need not be made anew."""
    try:
        return ''.join(encoder(value, 0))
    except BaseException:
        containers.clear()
    return library_encode(value)


def install():
    json.loads = loads
    json._default_encoder.encode = encode
