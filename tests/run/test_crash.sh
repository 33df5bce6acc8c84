#!/bin/sh
# The program is killed once at every crash point, on a provider that charges each request; then the power goes
# (all of what wasn't synced is lost, or half of it), and the same command runs again. Nobody is charged twice,
# and every charged order is stored or named as in doubt.
#     ROWS=20000 tests/run/test_crash.sh    that many orders at each point, each point in each way; without it 16,
#                                           and at one half of the points all is lost, at the other half of it
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
: "${SLUICE_CRASHING:?names the program with crash points}"
rows=${ROWS:-16}
flight=4
points=$(grep -rhoE 'crash_point\("[a-z-]+"\)' "$here/../../core" | cut -d '"' -f 2 | sort -u)
points="$points first-byte request${SLUICE_UNSYNCED:+ write sync}"
modes="kept${SLUICE_UNSYNCED:+ lost half}"

# A point is reached once in a run, or many times: then another time in each mode. Sinks commit seldom.
which() { # POINT MODE
    case $1:$2 in
    begun:* | recovered:* | end:* | ended:* | last-cursor:* | catch-up:* | *:kept) echo 1 ;;
    written:* | kept:* | cursor*) echo $((1 + rows / 4000)) ;;
    write:* | sync:*) echo $((4 + limit / rows % 4)) ;;
    *:lost) echo 2 ;;
    *:half) echo 3 ;;
    esac
}
# While orders are still sent, sinks commit only in runs that take their time.
file() { # POINT
    case $1 in
    cursor) echo slow.yaml ;;
    *) echo place.yaml ;;
    esac
}
crash() { # POINT N: $killed says whether it was
    # shellcheck disable=SC2086
    SLUICE_TEST_CRASH="$1:$2" ${preload:-} "$SLUICE_CRASHING" --state-dir "$home/state" \
        run "$(file "$1")" --yes --limit "$limit" -q --no-progress >/dev/null 2>crash.txt
    killed=$?
}

count=$(echo "$points" | wc -w)
csv $((rows * (count + 1) * 3)) >imeis.csv
rules="spend: {max_run: 100000.00, max_in_doubt: 100000}"
pipeline "limits: {concurrency: $flight, rate: 30/s}" "$rules"
mv place.yaml slow.yaml
pipeline "limits: {concurrency: $flight}" "$rules"
start_sandbox --fault charge-always
limit=0
dropped=0
for mode in $modes; do
    odd=0
    for point in $points; do
        odd=$((1 - odd))
        [ -z "${ROWS:-}" ] && case $mode:$odd in lost:1 | half:0) continue ;; esac
        limit=$((limit + rows))
        if [ "$point" = catch-up ]; then # needs orders that no sink has got
            crash placed 2
            limit=$((limit + rows))
        fi
        crash "$point" "$(which "$point" "$mode")"
        bytes=$(cut_power "$mode" "$limit")
        dropped=$((dropped + bytes))
        run --limit "$limit"
        check "$mode, $point: killed, and the sums hold; charges, lost" \
            "$killed $(sums_hold) $(books most_charges) $(count_lost)" "137 yes 1 0"
    done
done
echo "# $(books charged) charged, $(stored) stored, $dropped bytes dropped; the last run: $summary"
[ "$modes" = kept ] || check "there was something to lose" "$([ "$dropped" -gt 0 ] && echo yes)" yes
check "no order is left between two states" "$(ledger_count sending) $(ledger_count claimed)" "0 0"
check "placed or in doubt: every row" $(($(stored) + $(ledger_count in_doubt))) "$limit"
plan
