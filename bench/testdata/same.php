<?php
// Calls a great part of PHP, and prints a checksum of what each part gives: it must be the same whatever has been done to the interpreter.
// No clock and no randomness but mt_rand's, of a fixed seed, get into it.
error_reporting(0); date_default_timezone_set('UTC'); mt_srand(42); 
function out($name, $v) { echo $name, " ", crc32(is_string($v) ? $v : serialize($v)), "\n"; }
$text = str_repeat("The quick brown fox jumps over the lazy dog, 12345.678 äöü €; ", 20);
foreach (['md5','sha1','crc32','strrev','ucwords','strtoupper','nl2br','htmlspecialchars','htmlentities','addslashes','bin2hex','base64_encode','urlencode','rawurlencode','quoted_printable_encode','soundex','metaphone','str_rot13','strlen','str_word_count','count_chars','convert_uuencode','trim','lcfirst','wordwrap','chunk_split','similar'] as $f)
  if (function_exists($f)) out($f, $f($text));
foreach (hash_algos() as $a) out("hash-$a", hash($a, $text));
for ($i = 0; $i < 200; $i++) { $x = mt_rand(-100000, 100000) / 7; $n = mt_rand(-100000, 100000);
  $r[] = sprintf("%d %5.3f %x %o %b %e %g %'*10s %-10s| %+d %c %05d %u %X %G", $n, $x, $n, abs($n), abs($n), $x, $x, "ab", "cd", $n, 65 + abs($n) % 26,
    $n, $n, $n, $x * 1e10);
  $r[] = number_format($x, 3); $r[] = round($x, 2) . " " . floor($x) . " " . ceil($x) . " " . fmod($x, 3.3) . " " . intdiv($n, 7) . " " . ($n % 13) . " " . pow(abs($x),
    0.3) . " " . sqrt(abs($x)) . " " . sin($x) . " " . log(abs($x)+1) . " " . exp($x / 100000) . " " . atan2($x, 3) . " " . base_convert((string)abs($n),
    10, 36) . " " . dechex(abs($n)) . " " . ($n << 3) . " " . ($n >> 2) . " " . ($n ^ 12345) . " " . (~$n) . " " . ($x <=> $n) . var_export($x, true) . json_encode([$x,
    $n]) . (string)$x . (int)$x . serialize($x) . hypot($x, $n) . number_format($x, 2, ',', '.') . money($x); }
function money($x) { return sprintf('%01.2f', $x); }
out('format', implode("\n", $r));
$a = []; for ($i = 0; $i < 500; $i++) $a["k" . mt_rand(0, 300)] = mt_rand(0, 1000);
$b = $a; sort($b); out('sort', $b); $b = $a; rsort($b); out('rsort', $b); $b = $a; asort($b); out('asort', $b); $b = $a; ksort($b); out('ksort', $b); $b = $a;
    krsort($b); out('krsort', $b); $b = $a; arsort($b); out('arsort', $b);
uasort($b, fn($x, $y) => $x % 10 <=> $y % 10); out('uasort', $b); uksort($b, 'strnatcmp'); out('uksort', $b); shuffle($b); out('shuffle', $b);
out('array', [array_map(fn($x) => $x * 2, $a), array_filter($a, fn($x) => $x & 1), array_reduce($a, fn($c, $x) => $c + $x), array_slice($a, 3, 10), array_splice($b,
    2, 5, ['x']), $b, array_merge($a, $b), array_combine(array_keys($a), array_values($a)), array_flip($a), array_unique($a), array_chunk($a, 7, true),
    array_fill(3, 5, 'x'), array_pad([1], -4, 0), array_diff($a, [1, 2, 3]), array_intersect_key($a, ['k1' => 1, 'k2' => 2]), array_column([['a' => 1],
    ['a' => 2]], 'a'), range('a', 'k', 2), range(0, 1, 0.25), compact('i'), array_sum($a), array_product([1, 2.5]), array_walk_recursive($b, function (&$v) { $v .= '!';
    }), $b, array_multisort($b), $b, min($a), max($a), array_rand(array_flip(range(1, 10)), 3), array_count_values($a), natsort($b), $b, array_search(5,
    $a), in_array("7", $a), array_is_list($b), array_key_last($a)]);
out('preg', [preg_match_all('/(\w+)\s(?<n>b\w+)/u', $text, $m), $m, preg_replace('/(o)(.)/', '<$2$1>', $text), preg_split('/[\s,;]+/', $text), preg_replace_callback('/\d+/',
    fn($m) => $m[0] * 2, $text), preg_quote('a.b*c'), preg_grep('/^k1/', array_keys($a)), preg_match('/^(?:a|b)*?(c)(?=d)/i', 'ABABCD', $m), $m, preg_last_error_msg()]);
out('json', [json_encode($a, JSON_PRETTY_PRINT), json_decode('{"a":[1,2.5,{"b":null,"c":"\u00e4\ud83d\ude00"}],"d":1e3,"e":-0}', true), json_decode('[1,2',
    true), json_last_error_msg(), json_encode("ä\u{1F600}/<>&'"), json_encode(new ArrayObject([1, 2]))]);
out('date', [date('D, d M Y H:i:s', 1234567890), gmdate('c', 86400 * 365), mktime(1, 2, 3, 4, 5, 2006), strtotime('2020-02-29 +1 year'), (new DateTime('2021-03-28 01:30',
    new DateTimeZone('Europe/Berlin')))->modify('+1 day')->format(DATE_RFC2822), (new DateTime('2000-01-01'))->diff(new DateTime('2024-05-06'))->format('%y %m %d %a'),
    date_parse('2006-12-12 10:00:00.5'), iterator_to_array(new DatePeriod(new DateTime('2020-01-30'), new DateInterval('P1M'), 4)), checkdate(2, 29, 2021),
    date('N jS z W t L B G u e I O P p T U', 1600000000)]);
out('serialize', [serialize([1, 1.5, true, null, "x", ['a' => new ArrayObject([1])]]), unserialize(serialize(new SplObjectStorage)), var_export([1, [2.5,
    'x' => null]], true), print_r($a, true), igb(), pack('NnCvVaA5H*d', 1, 2, 3, 4, 5, 'x', 'yz', 'abcd', 1.5), unpack('Na/nb/Cc', pack('NnC', 70000, 300,
    7))]);
function igb() { ob_start(); var_dump([1, 'a' => [true, 2.5, null, "x"], new ArrayIterator([3])]); return ob_get_clean(); }
out('mb', [mb_strtoupper($text), mb_substr($text, 60, 9), mb_strpos($text, '€'), mb_str_split('aäb€'), mb_convert_encoding('äöü', 'ISO-8859-1', 'UTF-8'),
    mb_detect_encoding($text), mb_strwidth('日本'), mb_convert_case('straße füße', MB_CASE_TITLE), mb_encode_mimeheader('Grüße an alle'), iconv_ok()]);
function iconv_ok() { return utf8_decode('äö') . utf8_encode("\xe4"); }
out('strings', [explode(',', $text), implode('-', range(1, 9)), substr_count($text, 'o'), str_pad('x', 7, 'ab', STR_PAD_BOTH), levenshtein('kitten', 'sitting'),
    similar_text('World', 'Word', $p), $p, strtr($text, ['quick' => 'slow', 'o' => '0']), substr_replace('Hello', 'J', 0, 1), ucwords('a-b c', '-'), sscanf('age: 25 name: Bob',
    'age: %d name: %s'), str_getcsv('a,"b ""c""",d'), parse('a=1&b[]=2&b[]=3&c[x][y]=z'), parse_url('http://u:p@h:80/p/a?q=1#f'), http_build_query(['a' => [1,
    2], 'b' => 'ä&']), strip_tags('<p>a<br>b</p>', '<br>'), html_entity_decode('&auml;&#8364;&lt;'), nl2br("a\nb"), vsprintf('%2$s-%1$04d', [7, 'x']), strncasecmp('HELLO',
    'help', 3), strnatcasecmp('img12', 'IMG2'), str_contains('abc', 'b'), substr_compare('abcde', 'cd', 2, 2), money_(), trim("  x\t\0"), version_compare('8.2.0',
    '8.10'), uniqid() !== '', password_verify('x', password_hash('x', PASSWORD_BCRYPT, ['cost' => 4])), crypt('pw', '$1$abcdefgh$'), crypt('pw', '$5$rounds=1000$saltsalt$'),
    crypt('pw', '$6$rounds=1000$saltsalt$'), strcoll('a', 'b'), nl_langinfo_()]);
function parse($s) { parse_str($s, $r); return $r; } function money_() { return number_format(-1234.567, 2); } function nl_langinfo_() { return localeconv()['decimal_point'];
    }
$x = simplexml_load_string('<r a="1"><b>x</b><b c="d">y &amp; z</b><![CDATA[<raw>]]></r>'); out('xml', [$x->asXML(), (string)$x->b[1]['c'], count($x->b),
    array_map('strval', $x->xpath('//b'))]);
$d = new DOMDocument; $d->loadHTML('<html><body><p class=x>one<b>two</b></p></body></html>'); out('dom', [$d->saveHTML(), (new DOMXPath($d))->query('//b')->item(0)->textContent]);
$w = new XMLWriter; $w->openMemory(); $w->startElement('a'); $w->writeAttribute('b', 'c"'); $w->text('<'); $w->endElement(); out('xmlwriter', $w->outputMemory());
$db = new PDO('sqlite::memory:'); $db->exec('create table t(a integer, b text, c real)'); $st = $db->prepare('insert into t values(?,?,?)'); for ($i = 0;
    $i < 100; $i++) $st->execute([$i, md5((string)$i), $i / 3]);
out('sqlite', [$db->query('select a, b, c, upper(substr(b,1,3)) u from t where a % 7 = 3 order by b desc')->fetchAll(PDO::FETCH_ASSOC), $db->query('select count(*), sum(c), avg(a), group_concat(b) from t group by a % 3')->fetchAll(PDO::FETCH_NUM),
    $db->query("with recursive f(n, x) as (select 1, 1 union all select n+1, x*(n+1) from f where n < 12) select * from f")->fetchAll(PDO::FETCH_NUM), $db->query("select printf('%08.3f', 3.14159), date('2020-01-31', '+1 month'), hex(randomblob(0)), json_extract('{\"a\":[1,2]}', '\$.a[1]')")->fetchAll()]);
if (function_exists('imagecreatetruecolor')) { $im = imagecreatetruecolor(64, 48); imagefilledrectangle($im, 5, 5, 40, 30, imagecolorallocate($im, 255,
    90, 3)); imageellipse($im, 30, 20, 20, 30, imagecolorallocate($im, 1, 200, 30)); imagestring($im, 3, 5, 5, 'Hi', 0xffffff); $im2 = imagescale($im, 31,
    17); ob_start(); imagegif($im); imagegif($im2); out('gd', ob_get_clean()); }
interface Shape { function area(): float; } abstract class Base implements Shape { public function __construct(protected readonly string $name) {} public function __toString(): string { return static::class . $this->name . $this->area();
    } public function __get($n) { return "got $n"; } public static function __callStatic($n, $a) { return "$n(" . implode(',', $a) . ")"; } }
final class Circle extends Base { public function __construct(private float $r) { parent::__construct('c'); } public function area(): float { return M_PI * $this->r ** 2;
    } } enum Suit: string { case H = 'h'; case S = 's'; const X = self::H; public function label(): string { return ucfirst(strtolower($this->name)); } }
trait T { private $n = 0; public function inc() { return ++$this->n; } } class U { use T; } function gen($n) { for ($i = 0; $i < $n; $i++) { $got = yield $i => $i * $i;
    if ($got) yield $got; } return 'done'; } function outer() { $r = yield from gen(3); yield $r; }
$u = new U; $u->inc(); $g = gen(5); $g->current(); $s = $g->send('sent'); $c = new Circle(2.5);
out('language', [(string)$c, $c->nope, Circle::magic(1, 2), Suit::from('h')->label(), Suit::tryFrom('z'), array_map(fn($s) => $s->name, Suit::cases()),
    $u->inc(), $s, $g->valid(), $g->key(), iterator_to_array(outer(), false), match (true) { $s === 'x' => 1, default => 'def' }, (function () { try { try { throw new LogicException('a',
    3); } finally { $x = 'fin'; } } catch (RuntimeException | LogicException $e) { return [get_class($e), $e->getMessage(), $e->getLine(), $x]; } })(),
    [...[1, 2], ...['k' => 3]], "{$a['k1']} {$i}", $c?->area(), null?->x, (clone $u)->inc(), (fn(int ...$n) => array_sum($n))(1, 2, 3), (new class { public int $x = 1;
    public function __invoke($y) { return $this->x + $y; } })(4), PHP_VERSION, PHP_INT_MAX, 0.1 + 0.2, 1 <=> 2, "abc" <=> "abd", "10" == "1e1", 7 . '',
    -7 % 3, 2 ** -1, 2 ** 40, 0x7fffffff + 1, (int)"12abc", "5" + "5.5", [1, 2] == [2 => 1], null ?? 'd', !empty($a) ?: 0, $a <=> $b]);
$h = new SplMinHeap; foreach ([5, 1, 3] as $v) $h->insert($v); $q = new SplPriorityQueue; $q->insert('a', 1); $q->insert('b', 9); $l = new SplDoublyLinkedList;
    $l->push(1); $l->unshift(0); $fa = SplFixedArray::fromArray([1, 2, 3]);
out('spl', [iterator_to_array($h, false), $q->extract(), iterator_to_array($l), $fa->toArray(), iterator_to_array(new LimitIterator(new InfiniteIterator(new ArrayIterator([1,
    2])), 0, 5), false), iterator_to_array(new RecursiveIteratorIterator(new RecursiveArrayIterator([1, [2, [3]]])), false), class_implements('ArrayObject'),
    (new ReflectionClass('Circle'))->getMethods()[0]->getName(), (string)new ReflectionFunction('gen')]);
out('ctype', [ctype_alpha('abc'), ctype_digit('12x'), ctype_punct('!?'), filter_var('a@b.co', FILTER_VALIDATE_EMAIL), filter_var('http://x.y/z?q', FILTER_VALIDATE_URL),
    filter_var('0x1f', FILTER_VALIDATE_INT, FILTER_FLAG_ALLOW_HEX), filter_var('::1', FILTER_VALIDATE_IP), filter_var('1,234.5', FILTER_VALIDATE_FLOAT,
    FILTER_FLAG_ALLOW_THOUSAND), ip2long('1.2.3.4'), long2ip(16909060), inet_ntop(inet_pton('fe80::1')), token_name(T_STRING), array_map(fn($t) => is_array($t) ? $t[1] : $t,
    token_get_all('<?php $a = fn($x) => "b{$c}"; // d')), highlight_string('<?php echo 1;', true), finfo_ok()]);
function finfo_ok() { return (new finfo(FILEINFO_MIME))->buffer("GIF89a\x01\x00\x01\x00") . (new finfo)->buffer("%PDF-1.4\n"); }
file_put_contents('/tmp/x', $text); $f = fopen('/tmp/x', 'r+'); fseek($f, 5); $o = [fgets($f), ftell($f), fread($f, 10), feof($f), ftruncate($f, 100), fstat($f)['size'],
    filesize('/tmp/x'), file('/tmp/x'), stream_get_contents($f), fputcsv($f, ['a b', 'c"d']), md5_file('/tmp/x'), pathinfo('/a/b.c.d'), basename('/x/y/'),
    dirname('/x/y/z', 2), realpath('/tmp/../tmp/x'), 1, glob('/tmp/x*')]; fclose($f); unlink('/tmp/x'); out('files', $o);
eval('$z = 0; for ($i = 0; $i < 1000; $i++) { $z = ($z * 31 + $i) & 0xffffff; if ($i % 100 == 0) { $z ^= 0x5555; continue; } while ($z > 0xfffff0) $z >>= 1; do { $z--; } while ($z & 1); switch ($z % 5) { case 0: $z += 3; break; case 1: case 2: $z ^= 7; default: $z -= 1; } }');
    out('control', $z);
