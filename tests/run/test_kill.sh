#!/bin/sh
# kill -9 at random times, then the same command, on a provider that charges every request: nobody is
# charged twice, what is in doubt is bounded, and every other paid order is in the database.
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-12}
rows=${ROWS:-4000}
flight=10
start_sandbox --fault charge-always --latency 5ms
csv "$rows" >imeis.csv
pipeline "limits: {concurrency: $flight}"
seed=${SEED:-$$}
echo "# seed $seed"

# When to kill: up to the time that a whole run takes, so that kills hit every part of it.
pause() { awk -v s="$seed" -v i="$1" 'BEGIN { srand(s * 1000 + i); printf "%.3f", 0.02 + rand() * 0.6 }'; }

doubt_before=0
worst=0
i=0
while [ "$i" -lt "$kills" ]; do
    i=$((i + 1))
    # A part of the rows each time: there is always something left to order.
    "$SLUICE" --state-dir "$home/state" -q --no-progress run place.yaml --yes --limit $((rows * i / kills)) >/dev/null 2>err.txt &
    pid=$!
    sleep "$(pause $i)"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    # The next run finds the dead one and puts what it was sending in doubt.
    run --limit 1
    doubt=$(ledger_count in_doubt)
    [ $((doubt - doubt_before)) -gt "$worst" ] && worst=$((doubt - doubt_before))
    doubt_before=$doubt
done
run
check "the sums hold" "$(sums_hold)" yes
check "no identifier has two charges" "$(books most_charges)" 1
check_most "in doubt after a kill: at most twice the calls in flight" "$worst" $((2 * flight))
check "every paid order is stored or in doubt" "$(stored)" "$(ledger_count placed)"
charged=$(books charged)
check_most "charged, and neither stored nor in doubt" $((charged - $(stored) - $(ledger_count in_doubt))) 0
check "placed or in doubt: every row" $(($(stored) + $(ledger_count in_doubt))) "$rows"
plan
