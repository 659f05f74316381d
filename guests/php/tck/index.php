<?php
// The guest of the conformance kit. abi/tck/README.md says what each case does.

$count = ['handler' => 0, 'initializer' => 0, 'preFreeze' => 0, 'preStop' => 0];
$armed = [];
if (str_contains((string)getenv('LULL_TCK'), ' ')) {
    [$name, $action] = explode(' ', getenv('LULL_TCK'), 2);
    $armed[$name] = $action;
}

function digest(string $data): string
{
    return strlen($data) . ' ' . hash('fnv1a32', $data);
}

function context_field(array $c, string $name): string
{
    $values = [
        'requestId' => $c['requestId'], 'function' => $c['function']['name'], 'service' => $c['service']['name'], 'qualifier' => $c['service']['qualifier'],
        'versionId' => $c['service']['versionId'], 'instanceId' => $c['instanceId'], 'phase' => $c['phase'], 'deadline' => number_format($c['deadline'], 0, '', ''),
    ];
    if (isset($c['http'])) {
        $values += array_intersect_key($c['http'], ['method' => 1, 'path' => 1, 'query' => 1, 'clientIP' => 1]);
        $values['headers'] = '';
        foreach ($c['http']['headers'] as $header => $lines) {
            foreach ($lines as $line) {
                $values['headers'] .= "$header: $line\n";
            }
        }
    }
    if ($name === 'json') {
        $c['environmentVariables'] = (object)$c['environmentVariables'];
        return json_encode($c);
    }
    return $values[$name] ?? '-1';
}

function recurse(int $n): int
{
    return recurse($n + 1) + 1;
}

function act(array $c, string $case, array $args, string $payload)
{
    global $count, $armed;
    switch ($case) {
    case 'cases':
        $names = ['echo', 'context', 'chunks', 'status', 'headers', 'fail', 'error', 'unhandled', 'log', 'stdout', 'stderr', 'count', 'arm', 'exit', 'loop',
            'sleep', 'recurse', 'grow', 'env', 'fetch', 'clock', 'random', 'cases', 'initializer', 'preFreeze', 'preStop'];
        sort($names);
        return implode("\n", $names);
    case 'echo':
        return $payload;
    case 'context':
        return context_field($c, $args[0]);
    case 'chunks':
        // The answer is given whole, and no host takes one of more than 40 MiB.
        $out = '';
        for ($i = 0; $i < (int)$args[0] && strlen($out) <= 40 << 20; $i++) {
            $out .= str_repeat(chr(97 + $i % 26), (int)$args[1]);
        }
        return $out;
    case 'status':
        foreach ($args as $status) {
            \lull\status((int)$status);
        }
        return 'ok';
    case 'headers':
        foreach (array_chunk(explode("\0", $payload), 2) as [$name, $value]) {
            \lull\header($name, $value);
        }
        return 'ok';
    case 'fail':
        [$message, $stack] = explode("\0", $payload, 2) + ['', ''];
        \lull\fail($args[0], $message, explode("\n", $stack));
    case 'error':
        \lull\fail('Error', implode(' ', $args));
    case 'unhandled':
        throw new RuntimeException(implode(' ', $args));
    case 'log':
        $GLOBALS['fcLogger']->{['debug', 'info', 'warn', 'error'][(int)$args[0]]}($payload);
        return 'ok';
    case 'stdout':
        echo $payload;
        return 'ok';
    case 'stderr':
        error_log($payload);
        return 'ok';
    case 'count':
        return implode(' ', array_map(fn($k, $v) => "$k=$v", array_keys($count), $count));
    case 'arm':
        $armed[array_shift($args)] = implode(' ', $args);
        return 'ok';
    case 'exit':
        exit((int)$args[0]);
    case 'loop':
        while (true);
    case 'fetch':
        [$status, $url, $headers, $body] = lull\exchange($args[0], $args[1], ['X-Tck: a b'], $payload, (int)$args[2], ($args[3] ?? '') === 'follow');
        return $status < 0 ? "$status\0$body" : "$status\0$url\0" . implode('', array_map(fn ($h) => "$h\n", $headers)) . "\0$body";
    case 'sleep':
        usleep((int)$args[0] * 1000);
        return 'ok';
    case 'recurse':
        return recurse(1);
    case 'grow':
        for ($hoard = []; true;) {
            $hoard[] = str_repeat('x', 1 << 20);
        }
    case 'env':
        return (string)getenv($args[0]);
    case 'clock':
        return number_format(floor(microtime(true) * 1000), 0, '', '');
    case 'random':
        return bin2hex(random_bytes(16));
    }
    throw new RuntimeException("this guest has no case \"$case\"");
}

function handler($event, $context)
{
    $GLOBALS['count']['handler']++;
    if (!str_starts_with($event, 'tck ')) {
        return digest($event);
    }
    [$line, $payload] = explode("\n", $event, 2) + ['', ''];
    $words = explode(' ', $line);
    return act($context, $words[1], array_slice($words, 2), $payload);
}

function hook(string $name, array $context): void
{
    global $count, $armed;
    $log = $GLOBALS['fcLogger'];
    $log->info("tck $name " . ++$count[$name]);
    [$action, $text] = explode(' ', $armed[$name] ?? '', 2) + ['', ''];
    unset($armed[$name]);
    match ($action) {
        'log' => $log->info($text),
        'context' => $log->info("tck $name context {$context['phase']} {$context['requestId']}"),
        'fail' => \lull\fail('Error', $text),
        'unhandled', 'exit', 'loop' => act($context, $action, explode(' ', $text), ''),
        default => null,
    };
}

function initializer($context) { hook('initializer', $context); }
function preFreeze($context) { hook('preFreeze', $context); }
function preStop($context) { hook('preStop', $context); }
