<?php
// HTTP as PHP's functions do it, sent by the host: a function reaches the hosts that it was deployed for, and no others. It is under file_get_contents, fopen and what
// else opens URLs, with the options of a stream context. https:// is the host's, which checks certificates.

namespace lull;

/** Has the host send a request, and returns its status, its URL after redirects, header lines and body; or a status below 0 and, as body, what is wrong. */
function exchange(string $method, string $url, array $headers, string $body, int $milliseconds, bool $follow): array
{
    $head = \implode("\n", ["$method $url", ...$headers]);
    $file = \fopen('/fc/fetch', 'r+');
    \fwrite($file, "$milliseconds " . (int)$follow . ' ' . \strlen($head) . "\n$head$body");
    $answer = \stream_get_contents($file);
    \fclose($file);
    [$line, $rest] = \explode("\n", $answer, 2);
    [$status, $length] = \explode(' ', $line);
    $lines = \explode("\n", \substr($rest, 0, (int)$length), -1);
    return [(int)$status, \array_shift($lines), $lines, \substr($rest, (int)$length)];
}

/** The streams of http:// and https://. */
final class Http implements \IteratorAggregate
{
    public static ?array $last = null; // header lines of the last answer
    public $context; // PHP sets it
    private array $lines = [];
    private string $body = '';
    private int $at = 0;

    public function stream_open(string $url, string $mode): bool
    {
        $options = \stream_context_get_options($this->context ?? \stream_context_get_default())['http'] ?? [];
        if ($mode[0] !== 'r' || \str_contains($mode, '+')) {
            return $this->fails($url, 'HTTP wrapper does not support writeable connections');
        }
        $headers = $options['header'] ?? [];
        $headers = \is_array($headers) ? \array_values($headers) : \explode("\n", $headers);
        $headers = \array_filter(\array_map('trim', $headers), fn ($line) => $line !== '');
        $has = fn ($name) => (bool)\preg_grep("/^$name\\s*:/i", $headers);
        $body = (string)($options['content'] ?? '');
        if ($body !== '' && !$has('content-type')) {
            $headers[] = 'Content-Type: application/x-www-form-urlencoded';
        }
        $agent = $options['user_agent'] ?? \ini_get('user_agent');
        if ($agent && !$has('user-agent')) {
            $headers[] = "User-Agent: $agent";
        }
        $timeout = (float)($options['timeout'] ?? \ini_get('default_socket_timeout'));
        [$status, , $lines, $answer] = exchange($options['method'] ?? 'GET', $url, $headers, $body, \max(0, (int)($timeout * 1000)), (bool)($options['follow_location'] ?? true));
        if ($status < 0) {
            return $this->fails($url, $answer);
        }
        $this->lines = self::$last = ["HTTP/1.1 $status " . (self::REASONS[$status] ?? ''), ...$lines];
        if ($status >= 400 && !($options['ignore_errors'] ?? false)) {
            return $this->fails($url, "HTTP request failed! {$this->lines[0]}");
        }
        $this->body = $answer;
        return true;
    }

    private const REASONS = [200 => 'OK', 201 => 'Created', 202 => 'Accepted', 204 => 'No Content', 206 => 'Partial Content', 301 => 'Moved Permanently', 302 => 'Found',
        303 => 'See Other', 304 => 'Not Modified', 307 => 'Temporary Redirect', 308 => 'Permanent Redirect', 400 => 'Bad Request', 401 => 'Unauthorized',
        403 => 'Forbidden', 404 => 'Not Found', 405 => 'Method Not Allowed', 409 => 'Conflict', 410 => 'Gone', 413 => 'Content Too Large',
        422 => 'Unprocessable Content', 429 => 'Too Many Requests', 500 => 'Internal Server Error', 502 => 'Bad Gateway', 503 => 'Service Unavailable',
        504 => 'Gateway Timeout'];

    /** PHP adds a warning of its own, which does not know the reason. */
    private function fails(string $url, string $why): bool
    {
        \trigger_error("$url: Failed to open stream: $why", \E_USER_WARNING);
        return false;
    }

    /** What stream_get_meta_data() has as wrapper_data gives the header lines. */
    public function getIterator(): \Iterator
    {
        return new \ArrayIterator($this->lines);
    }

    public function stream_read(int $count): string
    {
        $piece = \substr($this->body, $this->at, $count);
        $this->at += \strlen($piece);
        return $piece;
    }

    public function stream_eof(): bool
    {
        return $this->at >= \strlen($this->body);
    }

    public function stream_stat(): array
    {
        return [];
    }

    public function stream_set_option(): bool
    {
        return false;
    }
}

foreach (['http', 'https'] as $__lull) {
    if (\in_array($__lull, \stream_get_wrappers(), true)) {
        \stream_wrapper_unregister($__lull);
    }
    \stream_wrapper_register($__lull, Http::class, \STREAM_IS_URL);
}
unset($__lull);
