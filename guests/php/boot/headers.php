<?php
// Functions of PHP 8.4: the headers of the last answer by HTTP. The variable $http_response_header of other builds, which is set in the caller's scope, cannot be made here.

function http_get_last_response_headers(): ?array
{
    return \lull\Http::$last;
}

function http_clear_last_response_headers(): void
{
    \lull\Http::$last = null;
}
