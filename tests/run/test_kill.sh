#!/bin/sh
# kill -9 at random times, then the same command, on a provider that charges every request: nobody is
# charged twice, what is in doubt is bounded, and every other paid order is in the database. At two kills of
# three the power goes, too: what wasn't synced is lost, or half of it.
#     KILLS=200 ROWS=20000 LATENCY=20ms tests/run/test_kill.sh
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
kills=${KILLS:-12}
rows=${ROWS:-4000}
flight=10
export SLUICE_TEST_SYNC_US=3000 # as disks do
start_sandbox --fault charge-always --latency "${LATENCY:-5ms}"
csv "$rows" >imeis.csv
pipeline "limits: {concurrency: $flight}" "spend: {max_run: 100000.00, max_in_doubt: 1000000}"
seed=${SEED:-$$}
echo "# seed $seed"

# When to kill: at any time of a run, which takes as long as the last one that nobody killed, and the time for
# its share of the orders.
pause() { # I MILLISECONDS
    awk -v s="$seed" -v i="$1" -v whole="$2" 'BEGIN { srand(s * 1000 + i); printf "%.3f", 0.005 + rand() * whole / 1000 }'
}
latency=$(echo "${LATENCY:-5ms}" | tr -d ms)
share=$((rows / kills * latency / flight))

whole=100
alive=0
doubt_before=0
worst=0
dropped=0
i=0
while [ "$i" -lt "$kills" ]; do
    i=$((i + 1))
    # A part of the rows each time: there is always something left to order.
    # shellcheck disable=SC2086
    ${preload:-} "$SLUICE" --state-dir "$home/state" -q --no-progress run place.yaml --yes --limit $((rows * i / kills)) >/dev/null 2>err.txt &
    pid=$!
    sleep "$(pause $i $((whole + share)))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    [ $? -ne 137 ] || alive=$((alive + 1))
    case $((i % 3)) in
    1) cut_power kept >/dev/null ;;
    2) dropped=$((dropped + $(cut_power lost))) ;;
    0) dropped=$((dropped + $(cut_power half "$((seed + i))"))) ;;
    esac
    # The next run finds the dead one and puts what it was sending in doubt.
    begun=$(date +%s%3N)
    run --limit 1
    whole=$(($(date +%s%3N) - begun))
    doubt=$(ledger_count in_doubt)
    [ $((doubt - doubt_before)) -gt "$worst" ] && worst=$((doubt - doubt_before))
    doubt_before=$doubt
done
run
check "the sums hold" "$(sums_hold)" yes
check "no identifier has two charges" "$(books most_charges)" 1
check_most "in doubt after a kill: at most twice the calls in flight" "$worst" $((2 * flight))
check "every paid order is stored or in doubt" "$(stored)" "$(ledger_count placed)"
check "charged, and neither stored under its id nor in doubt" "$(count_lost)" 0
echo "# $kills kills, $alive while it ran, $(books charged) charged, $(stored) stored, $(ledger_count in_doubt) in doubt, $dropped bytes dropped"
# A few kills prove nothing of the sort.
if [ "$kills" -ge 50 ]; then
    check_most "most of the kills came while it ran" $((kills / 2)) "$alive"
    [ -z "${SLUICE_UNSYNCED:-}" ] || check_most "there was something to lose" 1 "$dropped"
fi
check "placed or in doubt: every row" $(($(stored) + $(ledger_count in_doubt))) "$rows"
plan
