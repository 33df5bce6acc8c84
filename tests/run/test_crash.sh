#!/bin/sh
# The program is killed once at every crash point, on a provider that charges each request; then the power goes
# (all of what wasn't synced is lost, or half of it), and the same command runs again. Nobody is charged twice,
# and every charged order is stored under its id or named as in doubt.
#     tests/run/test_crash.sh               one ledger that goes through it all, a few orders at each point, each
#                                           point in one of the three ways
#     ROWS=20000 tests/run/test_crash.sh    so many orders at each point, in the middle of a run, each point in
#                                           each way; TABLE=FILE takes the rows of the table, in Markdown
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
: "${SLUICE_CRASHING:?names the program with crash points}"
table=${TABLE:-/dev/null}
rows=${ROWS:-16}
flight=4
[ -n "${ROWS:-}" ] && flight=30
points=$(grep -rhoE 'crash_point\("[a-z-]+"\)' "$here/../../core" | cut -d '"' -f 2 | sort -u)
points="$points first-byte request${SLUICE_UNSYNCED:+ write sync}"
modes="kept${SLUICE_UNSYNCED:+ lost half}"

# Which time that a point is reached. Some are reached once in a run, sinks commit seldom, and the others come
# once a group or once an order.
nth() { # POINT MODE
    case $1 in
    begun | recovered | listed | settling | settled | end | ended | last-cursor | catch-up | page) echo 1 ;;
    written | kept | cursor*) echo $((1 + rows / 10000)) ;;
    reply | request | first-byte) echo $((1 + rows / 3 + limit / rows % 3)) ;;
    write | sync) echo $((4 + rows / 40 + limit / rows % 4)) ;;
    *) echo $((1 + rows / 200 + limit / rows % 2)) ;;
    esac
}
# While orders are still sent, sinks commit only in runs that take their time.
file() { # POINT
    case $1:${ROWS:-few} in
    cursor:few) echo slow.yaml ;;
    *) echo place.yaml ;;
    esac
}
crash() { # POINT N: $killed says whether it was
    # shellcheck disable=SC2086
    SLUICE_TEST_CRASH="$1:$2" ${preload:-} "$SLUICE_CRASHING" --state-dir "$home/state" \
        run "$(file "$1")" --yes --limit "$limit" -q --no-progress >/dev/null 2>crash.txt
    killed=$?
}
# The points of a run that finds a dead one, with orders that no sink has, or that nobody knows the outcome of.
prelude() { # POINT
    case $1 in
    begun | recovered | catch-up | page) crash placed 2 ;;
    listed | settling | settled) crash request 5 ;;
    *) return ;;
    esac
    [ -n "${ROWS:-}" ] || limit=$((limit + rows))
}
# New orders for each point: on the ledger that is there, or each time all anew.
more_orders() {
    limit=$((limit + rows))
    [ -n "${ROWS:-}" ] || return
    limit=$rows
    stop_sandbox
    rm -rf state orders.db* "$disk/.unsynced"/* # a new file may get the number of one that is gone
    start_sandbox --fault charge-always
}
step() { # MODE POINT
    more_orders
    prelude "$2"
    crash "$2" "$(nth "$2")"
    bytes=$(cut_power "$1" "$limit")
    dropped=$((dropped + bytes))
    run --limit "$limit"
    lost=$(count_lost)
    check "$1, $2: killed, and the sums hold; charges, lost" "$killed $(sums_hold) $(books most_charges) $lost" "137 yes 1 0"
    echo "| \`$2\` | $1 | $bytes | $(books charged) | $(stored) | $(ledger_count in_doubt) | $(books most_charges) | $lost |" >>"$table"
}

[ -n "${ROWS:-}" ] && csv "$rows" >imeis.csv || csv $((rows * 80)) >imeis.csv
rules="spend: {max_run: 100000.00, max_in_doubt: 100000}"
pipeline "limits: {concurrency: $flight, rate: 30/s}" "$rules"
mv place.yaml slow.yaml
pipeline "limits: {concurrency: $flight}" "$rules"
start_sandbox --fault charge-always
limit=0
dropped=0
one_of() { # N MODE…: the Nth, round and round
    shift $((1 + $1 % ($# - 1)))
    echo "$1"
}
turn=0
# At a write there is something to lose.
modes_of() { # POINT
    case ${ROWS:+all}:$1 in
    all:*) echo "$modes" ;;
    :write | :sync) echo "$modes" | sed 's/ half//' ;;
    *) one_of $turn $modes ;;
    esac
}
for point in $points; do
    turn=$((turn + 1))
    # shellcheck disable=SC2046,SC2086
    for mode in $(modes_of "$point"); do
        step "$mode" "$point"
    done
done
echo "# $(books charged) charged, $(stored) stored, $dropped bytes dropped; the last run: $summary"
[ "$modes" = kept ] || check "there was something to lose" "$([ "$dropped" -gt 0 ] && echo yes)" yes
check "no order is left between two states" "$(ledger_count sending) $(ledger_count claimed)" "0 0"
check "placed or in doubt: every row" $(($(stored) + $(ledger_count in_doubt))) "$limit"
plan
