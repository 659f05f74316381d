# Calls a great part of Python, and prints a checksum of what each part gives: it must be the same whatever has been done to the interpreter.
# No clock, no hashes of strings and no randomness but that of a fixed seed get into it.
import array, base64, bisect, bz2, calendar, cmath, collections, contextlib, copy, csv, dataclasses, datetime, decimal, difflib, enum, fractions, functools, gzip, hashlib, heapq, hmac, html, io, itertools, json
import math, operator, pickle, random, re, shlex, sqlite3, statistics, string, struct, textwrap, tokenize, traceback, typing, unicodedata, urllib.parse, uuid, xml.etree.ElementTree, zlib
import ast, dis, marshal, sys


def out(name, *values):
    print(name, zlib.crc32(repr(values).encode('utf-8', 'backslashreplace')))


random.seed(42)
text = 'The quick brown fox jumps over the lazy dog, 12345.678 äöü €; ' * 20
raw = text.encode()
for name in sorted(hashlib.algorithms_guaranteed):
    if not name.startswith('shake'):
        out('hash-' + name, hashlib.new(name, raw).hexdigest())
out('hmac', hmac.new(b'key', raw, 'sha256').hexdigest(), hashlib.pbkdf2_hmac('sha1', b'pw', b'salt', 50).hex(), uuid.uuid5(uuid.NAMESPACE_DNS, 'x.org'))
for level in range(10):
    out(f'zlib-{level}', zlib.compress(raw, level), zlib.decompress(zlib.compress(raw, level)) == raw)
out('packers', bz2.decompress(bz2.compress(raw)) == raw, gzip.decompress(gzip.compress(raw)) == raw, bz2.compress(raw), zlib.adler32(raw))
out('base64', base64.b64encode(raw), base64.b32encode(raw), base64.b85encode(raw), base64.a85encode(raw), urllib.parse.quote(text), urllib.parse.parse_qs('a=1&b=2&a=%C3%A4'),
    urllib.parse.urlsplit('http://u:p@h:80/p;x?q#f'))
numbers = [random.uniform(-1e5, 1e5) for _ in range(300)]
whole = [random.randint(-10**12, 10**12) for _ in range(300)]
out('floats', numbers, [f'{x:e} {x:10.3f} {x:g} {x!r:>30}' for x in numbers], [math.fmod(x, 7) for x in numbers], [math.sin(x) + math.exp(x / 1e5) + math.log(abs(x)) + math.sqrt(abs(x)) for x in numbers])
out('math', math.fsum(numbers), math.prod(range(1, 40)), math.comb(60, 30), math.gcd(*whole), math.lgamma(5.5), math.erf(0.3), cmath.sqrt(-3 + 4j),
    math.isqrt(10**50), [math.frexp(x) for x in numbers], [round(x, 2) for x in numbers])
out('ints', [a // 7 for a in whole], [a % 13 for a in whole], [a ** 5 for a in whole], [a * b for a, b in zip(whole, whole[1:])], [hex(a) + oct(a) + bin(a) for a in whole],
    [a >> 3 ^ b & 255 for a, b in zip(whole, whole[::-1])], pow(3, 10**6, 10**9 + 7), int('z' * 30, 36), [divmod(a, -11) for a in whole], (10**60) // 7)
out('random', random.sample(range(1000), 50), random.gauss(0, 1), random.choices('abc', k=20), random.betavariate(2, 3))
out('sorting', sorted(whole), sorted(numbers, key=lambda x: x % 10), sorted(text.split(), key=str.lower, reverse=True), heapq.nsmallest(9, whole),
    heapq.nlargest(9, whole), bisect.bisect(sorted(whole), 0), list(heapq.merge(sorted(whole[:9]), sorted(whole[9:18]))))
out('strings', text.upper(), text.title(), text.swapcase(), text.split(','), text.replace('o', '00'), text.center(2000, '*'), text.find('€'),
    text.partition('fox'), text.translate(str.maketrans('abc', 'xyz')), text.encode('utf-16'), text.casefold(), text.splitlines(), text[::-3],
    'a\tb'.expandtabs(9), '%-8s|%+05d|%x|%r' % ('x', 7, 255, 'q'), '{:,} {:>8} {!r} {:%}'.format(1234567, 'r', 'x', 0.25), text.count('o'), text.zfill(9),
    [c for c in text if c.isalpha()])
out('unicode', unicodedata.normalize('NFD', text), unicodedata.name('€'), [unicodedata.category(c) for c in text[:70]], 'straße'.upper(), ascii(text[:70]),
    '日本'.encode('shift_jis'), 'ä'.encode('latin-1'))
out('regex', re.findall(r'(\w+)\s(?P<n>b\w+)', text), re.sub(r'(o)(.)', r'<\2\1>', text), re.split(r'[\s,;]+', text), [m.span() for m in re.finditer(r'(?i)[a-f]+?(?=x|o)',
    text)], re.match(r'(?:(a)|b)*?c', 'ababc').groups(), re.sub(r'\d+', lambda m: str(int(m[0]) * 2), text), re.fullmatch(r'(?s).*', text).end())
out('json', json.dumps({'a': [1, 2.5, None, True, 'ä"\\'], 'b': numbers}, indent=1, sort_keys=True), json.loads('{"a":[1,2.5,{"b":null,"c":"\\u00e4\\ud83d\\ude00"}],"d":1e3,"e":-0}'),
    json.loads(json.dumps(whole)) == whole)
out('structs', struct.pack('<bBhHiIqQfd5s?', -1, 2, -3, 4, -5, 6, -7, 8, 1.5, 2.5, b'abc', True), struct.unpack('>3sHd', b'abc\x01\x02' + struct.pack('>d',
    0.1)), array.array('d', numbers).tobytes(), memoryview(raw)[3:30:4].tolist(), int.from_bytes(raw[:20], 'little', signed=True))
out('pickle', pickle.loads(pickle.dumps([whole, numbers, {'a': {1, 2}}, text])), [len(pickle.dumps(whole, p)) for p in range(6)], copy.deepcopy({'a': [1, [2]]}))
out('decimal', decimal.Decimal(2).sqrt(), decimal.Decimal('1.1') ** 20, [decimal.Decimal(a) / 7 for a in whole[:30]], fractions.Fraction(3, 7) + fractions.Fraction('0.125'),
    statistics.stdev(numbers), statistics.quantiles(numbers, n=7), decimal.Decimal('12345.678').quantize(decimal.Decimal('.01')))
out('dates', datetime.date(2020, 2, 29) + datetime.timedelta(400), datetime.datetime(2021, 3, 28, 1, 30).strftime('%a %d %b %Y %H:%M:%S %j %U'),
    datetime.datetime.fromisoformat('2020-01-02T03:04:05+02:00').timestamp(), calendar.month(2024, 2), datetime.datetime.strptime('5 May 2006',
    '%d %B %Y').isocalendar())
out('iterators', list(itertools.permutations('abcd')), list(itertools.combinations(range(6), 3)), list(itertools.accumulate(whole[:20])), [list(g) for k,
    g in itertools.groupby(sorted(whole), lambda x: x % 2)], list(zip(*[iter(range(9))] * 3)), functools.reduce(operator.add, whole), list(map(lambda a,
    b: a - b, whole, whole[1:])), list(itertools.chain.from_iterable(['ab', 'cd'])))
out('collections', collections.Counter(text).most_common(5), collections.OrderedDict(a=1, b=2), collections.deque(range(9), 4), collections.ChainMap({'a': 1},
    {'b': 2})['b'], collections.namedtuple('P', 'x y')(1, 2), collections.defaultdict(list, a=[1]), {**{'a': 1}, 'b': 2}, {i: i * i for i in range(50)},
    sorted({i % 7 for i in whole}))
rows = sqlite3.connect(':memory:')
rows.execute('create table t(a integer, b text, c real)')
rows.executemany('insert into t values(?,?,?)', [(i, str(i * 37 % 101), i / 3) for i in range(200)])
out('sqlite', rows.execute('select a, b, c, upper(substr(b, 1, 3)) from t where a % 7 = 3 order by b desc').fetchall(), rows.execute('select count(*), sum(c), group_concat(b) from t group by a % 3').fetchall(),
    rows.execute('with recursive f(n, x) as (select 1, 1 union all select n + 1, x * (n + 1) from f where n < 15) select * from f').fetchall())
tree = xml.etree.ElementTree.fromstring('<r a="1"><b>x</b><b c="d">y &amp; z</b></r>')
out('xml', xml.etree.ElementTree.tostring(tree), [b.text for b in tree.iter('b')], tree.find("b[@c='d']").attrib, html.unescape('&auml;&#8364;&lt;'), html.escape('<"&>'))
sheet = io.StringIO()
csv.writer(sheet).writerows([['a b', 'c"d', 1.5], [None, 'x\ny', 2]])
out('texts', sheet.getvalue(), list(csv.reader(['a,"b ""c""",d'])), textwrap.fill(text, 40), difflib.get_close_matches('appel', ['ape', 'apple',
    'peach']), list(difflib.unified_diff('abc', 'abd')), shlex.split('a "b c" d\\ e'), string.Template('$a ${b}').substitute(a=1, b=2))
source = 'def f(x, *y, z=1, **k):\n    while x: x -= 1\n    else: return [i async for i in y] if k else (yield)\n'.replace('async ', '')
out('code', ast.dump(ast.parse(source)), ast.unparse(ast.parse(source)), [t[:2] for t in tokenize.generate_tokens(io.StringIO(source).readline)],
    [(i.opname, i.argrepr) for i in dis.get_instructions(compile('a = [b(c) for d in e if f]', 'x', 'exec')) if 'code' not in i.argrepr], eval('1 + 2 * 3 ** 2 // 4'))


class Suit(enum.Enum):
    H = 'h'
    S = 's'


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: typing.Any = dataclasses.field(default_factory=list)

    @functools.cached_property
    def double(self): return self.x * 2

    def __getattr__(self, name):
        if name.startswith('got'): return name
        raise AttributeError(name)


def counting(n):
    try:
        for i in range(n):
            got = yield i
            if got: yield got
    finally:
        done.append(n)


@contextlib.contextmanager
def held():
    done.append('in')
    try: yield 5
    except KeyError as e: done.append(repr(e))


done = []
with held() as five: {}['absent']
steps = counting(5)
sent = [next(steps), steps.send('x'), list(steps)]
try:
    try: [][1]
    except IndexError as e: raise ValueError('a', 3) from e
except ValueError as e: raised = traceback.format_exception_only(e), repr(e.__cause__)
match {'k': [1, 2, {'z': Point(3)}]}:
    case {'k': [a, *_, {'z': Point(x=b)}]}: matched = a, b
first, *rest = whole
out('language', Suit('h').name, list(Suit), Point(1) < Point(2), Point(3, 4).double, Point(1).got_it, dataclasses.asdict(Point(1, [2])), five,
    done, sent, raised, matched, rest, (lambda *a, k=1, **o: (a, k, o))(1, 2, k=3, z=4), [x for x in range(9) if x & 1 for y in 'ab'], functools.lru_cache(lambda n: n + 1)(1),
    f'{five!r:>{five}}', 1 < 2 < 3, 0.1 + 0.2, -7 // 2, -7 % 3, 1 if None else 2, [*'ab', *range(2)], b'%d' % 5, ~5 << 3, complex(1, 2) * 3j)
extreme = [0.0, -0.0, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 0.1, 2.5, -1e-7, math.pi, math.inf, -math.inf]
out('extremes', [x.hex() for x in extreme], [float.fromhex(x.hex()) for x in extreme], [f'{x:.0f} {x:.17g} {x:#.3e} {x:z.1f} {x:%}' for x in extreme],
    [float(t) for t in ('1e400', '4.9e-324', '2.47e-324', '1_0.5', '9007199254740993', '0.' + '0' * 330 + '1', '179769313486231580793e289')], [math.nextafter(x, 1) for x in extreme],
    [math.ulp(x) for x in extreme], [round(x, -1) for x in extreme], [math.ldexp(x, -3) for x in extreme], [(x // 0.3, x % -0.3) for x in extreme[:10]],
    [math.remainder(x, 7) for x in extreme[:10]], [x.as_integer_ratio() for x in extreme[:10]], math.hypot(*numbers), math.dist(numbers, whole), [struct.pack('>efd', x / 1e18, x, x) for x in extreme[5:9]],
    [f(complex(x, y)) for f in (cmath.exp, cmath.log, cmath.tan, cmath.asinh, cmath.polar) for x in (-0.25, 0.5, -20) for y in (0.0, -1.5)], math.gamma(-2.5), math.erfc(6), math.expm1(1e-9),
    math.log1p(-0.9), math.log2(10**400), math.cbrt(-27), complex('-1.5e3-nanj'), (1 + 2j) ** -3, (2 + 0j) ** 0.5)
huge = [random.getrandbits(n) - (1 << n - 1) for n in range(1, 4000, 131)]
out('huge', [str(a) for a in huge], [int(str(a)) == a for a in huge], [a * b for a, b in zip(huge, huge[::-1])], [divmod(huge[-1], a or 1) for a in huge], [a & b | ~a ^ b >> 5 for a, b in zip(huge, huge[::-1])],
    [a << 17 | -a >> 30 for a in huge], [math.isqrt(abs(a)) for a in huge], [float(a) for a in huge[:8]], [a.bit_count() + a.bit_length() for a in huge], [a.to_bytes(520, 'big', signed=True) for a in huge],
    [a / b for a, b in zip(huge[1:], huge[2:])], pow(huge[9], -1, 2**521 - 1), pow(huge[30], huge[3] & 255, huge[12] | 1), [f'{a:_x} {a:+,d}' for a in huge[:9]],
    math.lcm(*whole[:20]), math.perm(70, 40), int('-0b1011', 0), int('z' * 900, 36) % 10**30, [hash(a) for a in huge], [hash(x) for x in extreme], hash(fractions.Fraction(22, 7)), hash((1, (2.5, 3))))
view = memoryview(bytearray(raw[:96]))
edited = bytearray(raw)
edited[3:50:7] = b'-------'
edited[10:20] = edited[::-9]
del edited[::5]
out('buffers', view.cast('i')[::-2].tolist(), view.cast('d').tolist(), view.cast('B', (4, 24)).tolist(), view[5:40:3] == raw[5:40:3], edited, edited.rpartition(b'o'), edited.translate(bytes(range(255, -1, -1)), b'ae'),
    edited.hex(':', -3), bytes.fromhex('00 ff7F'), [array.array(c, [1, 2, 100])[::-1].tobytes() for c in 'bBhHiIlLqQfd'], array.array('u', 'aé€').tolist(), raw.split(b' ', 3), raw.rfind(b'fox', 3, 99),
    raw.expandtabs(), b'a,b'.join([b'1', b'2']), b'%5.2f|%-4s|%#x' % (2.345, b'q', 77), struct.unpack_from('<hxbl', raw, 7), list(struct.iter_unpack('>HB', raw[:30])), struct.calcsize('@bqhd?0q'))
out('codecs', [(t + 'é').encode(c, 'replace') for t in ('aあ漢', 'я€𝄞') for c in ('utf-7', 'utf-8-sig', 'utf-32-le', 'cp1252', 'koi8-r', 'euc-jp', 'gb18030', 'big5', 'iso2022_jp', 'cp437', 'punycode')],
    ['ab\xff\u20ac\ud800'.encode('ascii', e) for e in ('ignore', 'replace', 'xmlcharrefreplace', 'backslashreplace', 'namereplace')], raw[:200].decode('utf-8')[::-1], b'\xf0\x9f\x98a\xe4b\xed\xa0\x80'.decode('utf-8',
    'replace'), b'a\xffb'.decode('utf-8', 'surrogateescape'), 'bücher.example'.encode('idna'), 'a\\u00e4\\N{BULLET}\\101'.encode().decode('unicode_escape'), [unicodedata.normalize(f, 'ﬁ각Å①Å') for f in
    ('NFC', 'NFD', 'NFKC', 'NFKD')], [c.isprintable() + c.isidentifier() * 2 + c.isnumeric() * 4 + c.isspace() * 8 for c in map(chr, range(0, 70000, 37))], [unicodedata.numeric(c, 0) for c in '½Ⅷ五'],
    [c.lower() + c.upper() + c.title() for c in map(chr, range(0x1c0, 0x590))], 'ǆ ΑΣ ß'.title())
out('marked', re.findall(r'(?<!\d)(\d{1,3})(?=,|\.)', text), re.sub(r'(?x) (?P<q>["\']) (.*?) (?P=q)', r'\g<2>', 'a "b\'c" \'d\''), re.findall(r'(?>a+)b|(a)?(?(1)c|d)', 'aab ac d'), re.findall(r'(?a:\w+)|[^\W\d_]{2}', text),
    re.split(r'(?m)^|(,)', 'a,b\nc'), re.findall(r'(?:x*?y?){2,3}z|a{2}+', 'xyxyz aaa xz'), re.search(rb'(?s)q.{3,9}?[^b-z]', raw).span(), re.subn(r'\b', '|', 'one two'), re.findall(r'(?i)ÄÖÜ|ſ', 'äöü S'))
context = decimal.Context(prec=50, rounding=decimal.ROUND_HALF_EVEN)
out('exact', [context.divide(decimal.Decimal(a), 7) for a in huge[:20]], context.exp(decimal.Decimal('1.5')), context.ln(decimal.Decimal(10)), context.power(decimal.Decimal('1.0001'), 500), decimal.Decimal(huge[-1]) * decimal.Decimal(huge[-2]),
    [decimal.Decimal('-2.675').quantize(decimal.Decimal('.01'), r) for r in ('ROUND_UP', 'ROUND_DOWN', 'ROUND_CEILING', 'ROUND_FLOOR', 'ROUND_HALF_UP', 'ROUND_HALF_DOWN', 'ROUND_05UP')], decimal.Decimal.from_float(0.1),
    [f'{decimal.Decimal(a):,.3e}' for a in whole[:9]], decimal.Decimal('1E+3').normalize().as_tuple(), decimal.Decimal('-0').compare_total(decimal.Decimal(0)), context.fma(2, 3, decimal.Decimal('NaN')))
zone = datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))
out('times', [datetime.datetime.fromtimestamp(a // 1000, zone).isoformat() for a in whole if abs(a) < 10**12], [datetime.date.fromordinal(1 + abs(a) % 3652059).isocalendar() for a in whole], datetime.timedelta(days=-1, microseconds=7) / 3,
    divmod(datetime.timedelta(9), datetime.timedelta(hours=7)), datetime.timedelta(seconds=1.5) * 2.25, datetime.datetime(1, 1, 1, tzinfo=zone).utctimetuple(), pickle.dumps(datetime.datetime.max), calendar.timegm((1969, 12, 31, 1, 2, 3)))
box, other = collections.deque(range(20), 15), collections.OrderedDict.fromkeys('abcdefgh', 1)
box.rotate(-4), box.extendleft('xy'), box.remove(9), box.insert(3, 'z'), other.move_to_end('c', False), other.popitem(False), other.pop('e')
out('containers', box, list(reversed(box)), list(other), {1, 2, 3, 4} ^ {3, 9} | {7} & {7, 8} - {1}, frozenset(range(9)) > {3}, {'a': 1, 'b': 2}.keys() & {'b'}, {'a': 1} | {'a': 2}, sorted([3, 1, 2] * 40, key=lambda x: -x), (1, 2) * 3 < (1, 2, 1),
    range(100, -5, -7)[3:9:2], range(10**20, 0, -3)[7], slice(None, -3, -2).indices(11), [*itertools.islice(itertools.product('ab', range(3), repeat=2), 5, 30, 4)], list(itertools.zip_longest('ab', 'c', fillvalue=0)), list(itertools.pairwise('abc')),
    list(itertools.compress('abcd', [1, 0, 1])), list(itertools.combinations_with_replacement('abc', 2)), list(itertools.starmap(pow, [(2, 3)])), min(whole, key=abs), max((), default=3), sum(numbers, 0.5), sum([[1], [2]], []),
    marshal.dumps([whole, numbers, huge, text], 2), marshal.loads(marshal.dumps([huge, numbers])) == [huge, numbers])


class Meta(type):
    def __new__(cls, name, bases, space, **more): return super().__new__(cls, name, bases, {**space, 'more': more})
    def __instancecheck__(cls, x): return x == 3
    def __prepare__(*a, **k): return collections.OrderedDict(first=1)


class Odd(metaclass=Meta, k=2):
    __slots__ = ('a', '__dict__')
    def __init_subclass__(cls, n=0): cls.n = n
    def __class_getitem__(cls, i): return i
    def __matmul__(self, x): return NotImplemented
    def __rmatmul__(self, x): return 'r', x
    def __index__(self): return 5
    def __set_name__(self, owner, name): self.a = name
    def __get__(self, x, owner): return self.a
    def __format__(self, spec): return spec[::-1]
    def __del__(self): done.append('gone')


class Odder(Odd, n=7):
    z = Odd()
    @property
    def both(self): return self.a
    @both.setter
    def both(self, x): self.a = x, super().__index__()


async def waits(n):
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(later, n)
        return [x async for x in ticks(n) if x != 1] + [await later(n)]


async def ticks(n):
    for i in range(n):
        yield i
        await later(i)


async def later(n): done.append(n); return -n


def nested():
    got = yield from counting(2)
    try: yield got
    except* KeyError as e: done.append(e.exceptions)
    finally: done.append(sys.exc_info()[0])


odd, deeper = Odder(), nested()
odd.both = 8
next(deeper), deeper.send('s'), next(deeper), next(deeper)
try: deeper.throw(ExceptionGroup('g', [KeyError(1), ExceptionGroup('h', [OSError(2, 'x'), KeyError(3)])]))
except* OSError as e: done.append(repr(e))
try: waits(4).send(None)
except StopIteration as e: done.append(e.value)
failed = []
for wrong in '1/0', '"a"+1', '[].x', '{}[1]', 'int("x")', 'f(**{1:2})', 'len(3)', '(lambda a,/,*,b:0)(1)', 'x =', '"%d" % "a"', 'a,b=1,2,3', 'f"{a!z}"', '1 if', '"\\N{x}"', 'b"ä"', 'struct.pack("b",300)', 'next(iter(()))', '[*1]', 'chr(-1)', '10**5000 % 0':
    try: exec(wrong)
    except Exception as e: failed.append((type(e).__name__, str(e)))
out('objects', Odd.more, Odd[4], isinstance(3, Odd), odd.z, 2 @ odd, range(9)[odd], odd.both, f'{odd:abc}', Odder.n, [c.__name__ for c in Odder.__mro__], [k for k in vars(Odder) if k[0] != '_'], done, failed)
