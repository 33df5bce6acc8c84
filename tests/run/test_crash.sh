#!/bin/sh
# The program is killed once at every crash point, on a provider that charges each request; then the power goes
# (all of what wasn't synced is lost, or half of it), and the same command runs again. Nobody is charged twice,
# and every charged order is stored or named as in doubt.
#     ROWS=20000 tests/run/test_crash.sh    that many orders at each point; 24 otherwise
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
: "${SLUICE_CRASHING:?names the program with crash points}"
rows=${ROWS:-24}
flight=4
points=$(grep -rhoE 'crash_point\("[a-z-]+"\)' "$here/../../core" | cut -d '"' -f 2 | sort -u)
points="$points first-byte request"
modes="kept"
[ -n "${SLUICE_UNSYNCED:-}" ] && modes="kept lost half"

mkdir disk disk.unsynced && cd disk || exit 1
state=$(pwd -P)/state
disk=$(pwd -P)

# A point is reached once in a run, or many times: then another time in each mode. Sinks commit seldom.
which() { # POINT MODE
    case $1:$2 in
    begun:* | recovered:* | end:* | ended:* | last-cursor:* | catch-up:* | *:kept) echo 1 ;;
    written:* | kept:* | cursor*) echo $((1 + rows / 4000)) ;;
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
    SLUICE_TEST_CRASH="$1:$2" SLUICE_TEST_DISK="$disk" LD_PRELOAD="${SLUICE_UNSYNCED:-}" \
        "$SLUICE_CRASHING" --state-dir "$state" run "$(file "$1")" --yes --limit "$limit" -q --no-progress >/dev/null 2>crash.txt
    killed=$?
}
cut_power() { # MODE
    case $1 in
    lost) "$here/../fault/power_cut.py" "$disk" ;;
    half) "$here/../fault/power_cut.py" "$disk" "$limit" ;;
    *) rm -f "$disk.unsynced"/* && echo 0 ;;
    esac
}
again() {
    SLUICE_TEST_DISK="$disk" LD_PRELOAD="${SLUICE_UNSYNCED:-}" \
        "$SLUICE" --state-dir "$state" run place.yaml --yes --json --limit "$limit" >out.json 2>err.txt
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
}

count=$(echo "$points" | wc -w)
csv $((rows * (count + 1) * 3)) >imeis.csv
rules="spend: {max_run: 100000.00, max_in_doubt: 100000}"
pipeline "limits: {concurrency: $flight, rate: 80/s}" "$rules"
mv place.yaml slow.yaml
pipeline "limits: {concurrency: $flight}" "$rules"
start_sandbox --fault charge-always
limit=0
dropped=0
for mode in $modes; do
    for point in $points; do
        limit=$((limit + rows))
        if [ "$point" = catch-up ]; then # needs orders that no sink has got
            crash placed 2
            limit=$((limit + rows))
        fi
        crash "$point" "$(which "$point" "$mode")"
        bytes=$(cut_power "$mode")
        dropped=$((dropped + bytes))
        again
        check "$mode, $point: killed, and the sums hold; charges, lost" \
            "$killed $(sums_hold) $(books most_charges) $(count_lost)" "137 yes 1 0"
    done
    [ "$mode" = kept ] || check "$mode: there was something to lose" "$([ "$dropped" -gt 0 ] && echo yes)" yes
done
echo "# $(books charged) charged, $(stored) stored, $dropped bytes dropped; the last run: $summary"
check "no order is left between two states" "$(count_state sending) $(count_state claimed)" "0 0"
check "placed or in doubt: every row" $(($(stored) + $(count_state in_doubt))) "$limit"
plan
