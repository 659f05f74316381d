# Calls a great part of Python, and prints a checksum of what each part gives: it must be the same whatever has been done to the interpreter.
# No clock, no hashes of strings and no randomness but that of a fixed seed get into it.
import array, base64, bisect, bz2, calendar, cmath, collections, contextlib, copy, csv, dataclasses, datetime, decimal, difflib, enum, fractions, functools, gzip, hashlib, heapq, hmac, html, io, itertools, json
import math, operator, pickle, random, re, shlex, sqlite3, statistics, string, struct, textwrap, tokenize, traceback, typing, unicodedata, urllib.parse, uuid, xml.etree.ElementTree, zlib
import ast, dis


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
