#!/bin/sh
# RUNNERS at a time share one ledger; two of them are killed, one is stopped across its lease and woken, one is cut off
# from the database. Whatever becomes of them, each of ROWS identifiers is charged once at most, nothing is lost, and the
# cap of the day holds to the order.
. "$(dirname "$0")/runners.sh"
price_cents=8

inputs() { # they overlap: each row but some of the first quarter is in two of them
    rows_to r1 1 $((rows / 2)); rows_to r2 $((rows / 4)) $((rows * 3 / 4)); rows_to r3 $((rows / 2)) "$rows"
    rows_to r4 $((rows * 3 / 4)) "$rows"; rows_to r5 1 $((rows / 4)); sed 1d r5.csv >>r4.csv; rows_to r5 1 "$rows"
}
limits() { # LEASE ORDERS: the most that a day may cost
    place_pipeline "$1" "max_in_doubt: $rows, max_day: $(($2 * price_cents / 100)).$(printf %02d $(($2 * price_cents % 100)))"
}
begin_wave() { # NAME: it is the first of a wave; the rest of the wave begins with it
    number=${1#r}
    [ $(((number - 1) % runners)) = 0 ] || return 0
    for one in $(seq "$number" $((number + runners - 1))); do
        case $one in 4) start r4 "$RELAY_URL" ;; *) start "r$one" ;; esac
    done
}
disaster() { # WHERE URL RUNNERS
    LEDGER_URL=$2 runners=$3 where="$1, $3 runners" most=$((rows * 9 / 10))
    begin --latency 15ms
    inputs
    limits 3s "$most"
    start_relay "$2"
    begin_wave r1; until_charged $((rows / 8)) r1; kill -9 "$r1_pid"
    begin_wave r2; until_charged $((rows / 4)) r2; kill -9 "$r2_pid"
    begin_wave r3; until_charged $((rows * 3 / 8)) r3; kill -STOP "$r3_pid"
    begin_wave r4; until_charged $((rows / 2)) r4; relay cut
    finish_of r1; finish_of r2; finish_of r4
    check "$where: cut off: it ends by itself, its sums hold" "$((code == 69 || code == 74 || code == 75)) $(sums_hold)" "1 yes"
    check_match "$where: cut off: it says so" "$(cat r4.txt)" "the ledger on Postgres at .* (can't be reached|doesn't answer)"
    relay join
    until_dead
    limits 60s "$most"
    start r5; finish_of r5
    check "$where: whoever comes then takes over, up to the cap: its sums hold" "$code $(sums_hold)" "$([ "$(of_state 4)" = 0 ] && echo 12 || echo 11) yes"
    check_match "$where: it says that it is at the cap" "$(cat r5.txt)" "max_day"
    check "$where: nothing is left that nobody looks after" "$(sql 'SELECT count(*) FROM sluice.orders WHERE state IN (1, 2)')" 0
    check "$where: what counts for the day is what the cap allows" "$(($(of_state 3) + $(of_state 4)))" "$most"
    charged=$(books charged) doubt=$(of_state 4)
    check_most "$where: charged within the cap" "$charged" "$most"
    kill -CONT "$r3_pid"; finish_of r3
    check "$where: woken, it pays for nothing more" "$(books charged)" "$charged"
    check "$where: woken, it says why, its sums hold" "$((code == 75 || code == 11)) $(sums_hold) $(grep -c 'take this one for dead' r3.txt)" "1 yes 1"
    check_most "$where: what it was told while it was stopped is news: fewer are in doubt" "$(of_state 4)" "$doubt"
    stop_relay
    limits 60s "$rows"
    for name in r1 r2 r3 r4 r5; do start $name; finish_of $name; done
    check "$where: nobody was charged twice" "$(books most_charges)" 1
    check "$where: every row is placed or in doubt" "$(($(of_state 3) + $(of_state 4)))" "$rows"
    check "$where: what is placed is in a store" "$(in_stores)" "$(of_state 3)"
    check_most "$where: charged, and neither placed nor in doubt" $(($(books charged) - $(of_state 3) - $(of_state 4))) 0
    check "$where: the last one names what is in doubt" "$code $(sum in_doubt)" "$([ "$(of_state 4)" = 0 ] && echo 0 || echo 11) $(of_state 4)"
    echo "# $where: $(books charged) charged, at most $(books most_charges) a row; $(of_state 3) placed, $(of_state 4) in doubt of $rows"
}
if [ -n "${RUNNERS:-}" ]; then
    disaster direct "$STACK_DB_URL" "$RUNNERS"
    disaster pooler "$STACK_POOLER_URL" "$RUNNERS"
else
    disaster direct "$STACK_DB_URL" 2
    disaster pooler "$STACK_POOLER_URL" 4
fi
check "nothing was said of the password" "$(grep -rlF "$STACK_PASSWORD" . --include='*.txt' --include='*.json' | wc -l | tr -d ' ')" 0
plan
