#!/bin/sh
# Runs on one ledger: each identifier is charged once, by one of them; caps hold over all of them; and one that stops in
# the worst place holds the others up for a moment only.
export POOL_SIZE=2 # fewer connections to the database than there are clients of the pooler: each takes what comes
. "$(dirname "$0")/runners.sh"

# --- two with the same input ---
together() { # WHERE URL
    LEDGER_URL=$2
    begin --latency 3ms
    place_pipeline 60s
    rows_to r1 1 "$rows"; cp r1.csv r2.csv
    start r1; start r2
    finish_of r1; one=$(sum placed)
    check "$1: the first: 0, its sums hold" "$code $(sums_hold)" "0 yes"
    finish_of r2; two=$(sum placed)
    check "$1: the second: 0, its sums hold" "$code $(sums_hold)" "0 yes"
    check "$1: each was charged once, by one of them" "$(books charged) $(books most_charges) $((one + two))" "$rows 1 $rows"
    check "$1: both had their part" "$((one > 0)) $((two > 0))" "1 1"
    check "$1: what each has placed is in its store" "$(sqlite3 r1.db 'SELECT count(*) FROM orders') $(sqlite3 r2.db 'SELECT count(*) FROM orders')" "$one $two"
    check "$1: nothing waits, no record is kept" "$(sql 'SELECT (SELECT count(*) FROM sluice.outbox) + (SELECT count(*) FROM sluice.records)')" 0
    start r1; finish_of r1
    check "$1: again, all are duplicates" "$code $(sum duplicate) $(books charged)" "0 $rows $rows"
}
together direct "$STACK_DB_URL"
together pooler "$STACK_POOLER_URL"

# --- a cap holds over all of them, to the cent ---
LEDGER_URL=$STACK_POOLER_URL
begin --latency 3ms
most=$((rows * 5 / 12)) # at 0.08
place_pipeline 60s "max_day: $((most * 8 / 100)).$(printf %02d $((most * 8 % 100)))"
rows_to r1 1 $((rows / 2)); rows_to r2 $((rows / 3)) $((rows * 5 / 6)); rows_to r3 $((rows * 2 / 3)) "$rows"
start r1; start r2; start r3
codes=
for name in r1 r2 r3; do finish_of $name; codes="$codes $code $(sums_hold)"; done
check "the cap: all stop at it" "$codes" " 12 yes 12 yes 12 yes"
check "the cap: what was charged is what it allows" "$(books charged) $(books most_charges) $(of_state 3)" "$most 1 $most"

# --- one that is gone in the middle of a round trip, with the gate in its hand ---
LEDGER_URL=$STACK_DB_URL
begin --latency 3ms
place_pipeline 60s
rows_to r1 1 $((rows / 3)); rows_to r2 $((rows / 6)) $((rows / 2))
start_relay "$STACK_POOLER_URL"
start r1 "$RELAY_URL"
until_charged 20 r1; relay hold
start r2
finish_of r2
check "the gate: others get it in the end: 0, the sums hold" "$code $(sums_hold)" "0 yes"
finish_of r1
check "the gate: whoever held it goes on when it can: 0, the sums hold" "$code $(sums_hold)" "0 yes"
check "the gate: each was charged once" "$(books charged) $(books most_charges) $(of_state 3)" "$((rows / 2)) 1 $((rows / 2))"
stop_relay
plan
