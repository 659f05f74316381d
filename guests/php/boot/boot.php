<?php
// What runs before a user's code, and between it and the host.
//
// The host's device files are its side of it: reading /fc/events waits for an event and gives it, what is written there is the answer; what is written
// to /fc/log/LEVEL is one record of the function's log.
//
// The loop and the require are at the top level, so that a file's variables are globals, as they are where PHP is started for a request.

namespace lull;

const READ = 2048; // bytes of an event that are asked for at once: more would be a large block of PHP's

/** An error that the handler reports in its own words: see fail(). */
final class Failure extends \Exception
{
    public function __construct(public readonly string $type, string $message, public readonly array $stack)
    {
        parent::__construct($message);
    }
}

/** A file or a function that the configuration names. */
final class NotThere extends \Exception
{
}

/** $GLOBALS['fcLogger']: each method makes a record of its level. */
final class Logger
{
    public function debug($message, array $context = []): void { log('debug', $message, $context); }
    public function info($message, array $context = []): void { log('info', $message, $context); }
    public function notice($message, array $context = []): void { log('info', $message, $context); }
    public function log($message, array $context = []): void { log('info', $message, $context); }
    public function warn($message, array $context = []): void { log('warn', $message, $context); }
    public function warning($message, array $context = []): void { log('warn', $message, $context); }
    public function error($message, array $context = []): void { log('error', $message, $context); }
    public function critical($message, array $context = []): void { log('error', $message, $context); }
    public function alert($message, array $context = []): void { log('error', $message, $context); }
    public function emergency($message, array $context = []): void { log('error', $message, $context); }
}

/** What this file keeps, out of the way of the user's globals. */
final class Boot
{
    public static array $context = ['requestId' => '', 'phase' => 'handler', 'deadline' => 0.0]; // of the last call; most of it is the same in all of an instance
    public static array $functions = []; // closures, by their names as events have them
    public static string $what = ''; // the line of the last event that tells what to call: mostly the same as before
    public static ?\Closure $handler = null; // it; null for all but the handler
    public static array $answer = [];  // status and headers of the answer to a request that came by a URL
    public static $events; // the stream of events and answers
    public static bool $waits = false; // no call runs
}

function log(string $level, $message, array $context): void
{
    $message = \is_string($message) ? $message : \print_r($message, true);
    if ($context) {
        $message .= ' ' . \json_encode($context, \JSON_PARTIAL_OUTPUT_ON_ERROR | \JSON_UNESCAPED_SLASHES);
    }
    \file_put_contents("/fc/log/$level", $message);
}

/** Sets the status of the answer to a request that came by a URL. The host refuses what is no status, also if another one follows. */
function status(int $status): void
{
    $last = Boot::$answer['status'] ?? 200;
    if ($last >= 200 && $last <= 599) {
        Boot::$answer['status'] = $status;
    }
}

/** Adds a header to such an answer. */
function header(string $name, string $value): void
{
    Boot::$answer['headers'][] = [$name, $value];
}

/** Ends the call with an error of this type, message and stack, as one that the handler has handled. */
function fail(string $type, string $message, array $stack = []): never
{
    throw new Failure($type, $message, $stack);
}

function json($value): string
{
    return \json_encode($value, \JSON_INVALID_UTF8_SUBSTITUTE | \JSON_PARTIAL_OUTPUT_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE);
}

/** Describes a throwable as the host wants it. Frames of this file are left out. */
function error(\Throwable $e): string
{
    if ($e instanceof Failure) {
        return '!' . json(['handled' => true, 'type' => $e->type, 'message' => $e->getMessage(), 'stack' => \array_values($e->stack)]);
    }
    if ($e instanceof NotThere) {
        return '!' . json(['type' => 'HandlerNotFound', 'message' => $e->getMessage(), 'stack' => []]);
    }
    $stack = [];
    for ($at = $e; $at !== null; $at = $at->getPrevious()) {
        $stack[] = ($at === $e ? '' : 'Caused by ') . \get_class($at) . ': ' . $at->getMessage();
        if ($at->getFile() !== __FILE__) {
            $stack[] = '  at ' . $at->getFile() . ':' . $at->getLine();
        }
        foreach ($at->getTrace() as $frame) {
            if (($frame['file'] ?? '') === __FILE__ || !isset($frame['file']) && \str_starts_with($frame['function'], 'lull\\')) {
                break;
            }
            $stack[] = '  in ' . ($frame['class'] ?? '') . ($frame['type'] ?? '') . $frame['function'] . '() at ' . ($frame['file'] ?? '?') . ':' . ($frame['line'] ?? '?');
        }
    }
    $message = $e->getMessage();
    if ($e instanceof \CompileError) {
        $message .= ' in ' . $e->getFile() . ' on line ' . $e->getLine();
    }
    return '!' . json(['type' => \get_class($e), 'message' => $message, 'stack' => $stack]);
}

/** The file that file.function names; it may be in folders. */
function file_of(string $name): string
{
    $at = \strrpos($name, '.');
    $file = '/code/' . \ltrim(\substr($name, 0, (int)$at), '/') . '.php';
    if (!\is_file($file)) {
        throw new NotThere("there is no $file, which '$name' names");
    }
    return $file;
}

function function_of(string $name): \Closure
{
    $function = \substr($name, (int)\strrpos($name, '.') + 1);
    if (!\function_exists($function)) {
        throw new NotThere(file_of($name) . " has no function '$function', which '$name' names");
    }
    return Boot::$functions[$name] = \Closure::fromCallable($function);
}

/** Answers one event. */
function answer(string $event): string
{
    if (\strlen($event) === READ) { // there is more
        $event .= rest((int)$event - READ);
    }
    [$times, Boot::$context['requestId'], $what, $event] = \explode("\n", $event, 4);
    Boot::$context['deadline'] = (float)\substr($times, 11); // behind the event's length. An int has 32 bits here
    if (Boot::$answer) {
        Boot::$answer = [];
    }
    try {
        if ($what !== Boot::$what) {
            $answer = turn($what);
            if ($answer !== null) {
                return $answer;
            }
        }
        $answer = (Boot::$handler)($event, Boot::$context);
        if (!\is_string($answer)) {
            $answer = \json_encode($answer, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_PRESERVE_ZERO_FRACTION);
        }
        return Boot::$answer ? '#' . json(Boot::$answer) . "\n" . $answer : '=' . $answer;
    } catch (\Throwable $e) {
        return error($e);
    }
}

/** The rest of an event. */
function rest(int $size): string
{
    for ($rest = ''; \strlen($rest) < $size;) {
        $rest .= \fread(Boot::$events, $size - \strlen($rest));
    }
    return $rest;
}

/** Turns to another kind of call than the last one. Hooks, and the question which functions there are, are answered here. */
function turn(string $what): ?string
{
    Boot::$what = '';
    [$phase, $qualifier, $instance, $http, $name] = \explode("\t", $what, 5);
    if ($phase === 'functions') {
        return '=' . json(functions_of(file_of($name)));
    }
    if ($instance !== '') {
        [Boot::$context['instanceId'], Boot::$context['service']['versionId']] = \explode(' ', $instance);
        \mt_srand(\random_int(0, 0x7fffffff)); // must not be the same in two instances
    }
    Boot::$context['phase'] = $phase;
    Boot::$context['service']['qualifier'] = $qualifier;
    unset(Boot::$context['http']);
    if ($http !== '') {
        Boot::$context['http'] = \json_decode($http, true);
    }
    $function = Boot::$functions[$name] ?? function_of($name);
    if ($phase !== 'handler') {
        $function(Boot::$context);
        return '=';
    }
    Boot::$handler = $function;
    Boot::$what = $what;
    return null;
}

function functions_of(string $file): array
{
    $names = [];
    foreach (\get_defined_functions()['user'] as $name) {
        $function = new \ReflectionFunction($name);
        if ($function->getFileName() === $file) {
            $names[] = $function->getName();
        }
    }
    return $names;
}

/** Takes what is echoed. PHP's own way to standard output gives up after the first write here. */
function out(string $text): string
{
    if ($text !== '') {
        \file_put_contents('/fc/out', $text);
    }
    return '';
}

/** Errors that are not exceptions become records. */
function complain(int $kind, string $message, string $file, int $line): bool
{
    if (!(\error_reporting() & $kind)) {
        return true; // silenced with @
    }
    $names = [\E_WARNING => 'Warning', \E_USER_WARNING => 'Warning', \E_NOTICE => 'Notice', \E_USER_NOTICE => 'Notice',
        \E_DEPRECATED => 'Deprecated', \E_USER_DEPRECATED => 'Deprecated', \E_USER_ERROR => 'Fatal error'];
    $name = $names[$kind] ?? 'Error';
    $level = ['Notice' => 'info', 'Deprecated' => 'info', 'Warning' => 'warn'][$name] ?? 'error';
    log($level, "PHP $name:  $message in $file on line $line", []);
    if ($kind === \E_USER_ERROR) {
        exit(255);
    }
    return true;
}

/** The interpreter ends: because of exit(), or of an error that cannot be caught. */
function ends(): void
{
    if (Boot::$waits) {
        return;
    }
    $last = \error_get_last();
    $fatal = \E_ERROR | \E_PARSE | \E_CORE_ERROR | \E_COMPILE_ERROR | \E_USER_ERROR | \E_RECOVERABLE_ERROR;
    if ($last !== null && ($last['type'] & $fatal)) {
        $error = ['type' => 'FatalError', 'message' => "{$last['message']} in {$last['file']} on line {$last['line']}", 'stack' => ["  at {$last['file']}:{$last['line']}"]];
    } else {
        $error = ['type' => 'Exit', 'message' => 'the code called exit()', 'stack' => []];
    }
    \file_put_contents('/fc/reply', '!' . json($error));
}

require __DIR__ . '/http.php';
require __DIR__ . '/headers.php';

\error_reporting(\E_ALL);
\set_error_handler('lull\complain');
\register_shutdown_function('lull\ends');
\ob_start('lull\out', 1);
$GLOBALS['fcLogger'] = new Logger();
\chdir('/code');

Boot::$context += \json_decode(\file_get_contents('/fc/context'), true); // what is there already stays

try {
    foreach (\explode("\n", \file_get_contents('/fc/functions')) as $__lull) {
        require_once file_of($__lull);
    }
    foreach (\explode("\n", \file_get_contents('/fc/functions')) as $__lull) {
        function_of($__lull);
    }
} catch (\Throwable $__lull) {
    \file_put_contents('/fc/reply', error($__lull));
    Boot::$waits = true;
    exit(1);
}

Boot::$events = \fopen('/fc/events', 'r+');
\stream_set_read_buffer(Boot::$events, 0);
\stream_set_write_buffer(Boot::$events, 0);
while (true) {
    if (\ob_get_level() === 0) { // the code has ended it
        \ob_start('lull\out', 1);
    }
    Boot::$waits = true;
    $__lull = \fread(Boot::$events, READ);
    Boot::$waits = false;
    \fwrite(Boot::$events, answer($__lull));
    unset($__lull);
}
