<?php
/*
 * This function greets whoever calls it, counts its calls, and says so when its instance ends.
 *
 *     lull deploy NAME .
 *     lull invoke NAME -d Ada
 */

$calls = 0; // lives as long as the instance

function handler($event, $context)
{
    global $calls;
    $calls++;
    if ($event === '') {
        throw new InvalidArgumentException('whom shall I greet? send a name');
    }
    return "hello $event\n";
}

function preStop($context)
{
    global $calls;
    echo "stopping calls=$calls\n";
}
