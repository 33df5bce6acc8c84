#!/bin/sh
# Several runs on one ledger at once, with the same input, one of them killed on the way: every identifier is
# charged once, what one has the others leave alone, the sums hold in each.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-1500}
kills=${KILLS:-3}
start() { # NAME: it runs in the background; $NAME_pid
    sed "s/^name: place/name: $1/; s/orders.db/$1.db/; s/rejected.csv/$1-rejected.csv/" place.yaml >"$1.yaml"
    "$SLUICE" --state-dir state run "$1.yaml" --yes --json >"$1.json" 2>"$1.txt" &
    eval "$1_pid=$!"
}
finish_of() { # NAME
    eval "wait \$$1_pid"
    code=$?
    summary=$(grep '"type":"summary"' "$1.json" | tail -1)
}
rows_of() { [ -e "$1.db" ] && sqlite3 "$1.db" "select count(*) from orders" || echo 0; }
orders() { sqlite3 state/ledger.db "select count(*) from orders where state = $1"; } # 3 placed, 4 in doubt
csv "$rows" >imeis.csv
pipeline "limits: {concurrency: 10}"

# --- the same input in both ---
start_sandbox --fault charge-always --latency 3ms
start one; start two
finish_of one; one_placed=$(sum placed)
check "the first: 0, its sums hold" "$code $(sums_hold)" "0 yes"
check "the first: its store has what it placed" "$(rows_of one)" "$one_placed"
finish_of two; two_placed=$(sum placed)
check "the second: 0, its sums hold" "$code $(sums_hold)" "0 yes"
check "the second: its store has what it placed" "$(rows_of two)" "$two_placed"
check "each identifier was charged once, by one of them" "$(books charged) $(books most_charges) $((one_placed + two_placed))" "$rows 1 $rows"
check "both had their part" "$((one_placed > 0)) $((two_placed > 0))" "1 1"
check "no order is in both stores" "$(sqlite3 one.db "attach 'two.db' as two" 'select count(*) from orders join two.orders using (imei)')" 0
check "each event has its run" "$(sqlite3 state/ledger.db 'select count(*) from orders o join events e using (version) where e.run <> o.run')" 0
stop_sandbox

# --- the same pipeline twice: both write one store ---
rm -rf state one.db* two.db*
start_sandbox --fault charge-always --latency 3ms
sed -i '/^on_reject:/,/rejected.csv/d' place.yaml # a file of its own has one writer
"$SLUICE" --state-dir state run place.yaml --yes --json >second.json 2>second.txt & pid=$!
run
check "one pipeline twice: 0, the sums hold" "$code $(sums_hold)" "0 yes"
wait "$pid"
check "one pipeline twice: the other, too" "$?" 0
check "one pipeline twice: charged once, stored once" "$(books charged) $(books most_charges) $(stored)" "$rows 1 $rows"
check "one pipeline twice: nothing waits" "$(sqlite3 state/ledger.db 'select count(*) from outbox')" 0
stop_sandbox

# --- two that begin at the same moment make the ledger and the store together ---
start_sandbox --fault charge-always
csv 20 >imeis.csv
i=0 codes=
while [ "$i" -lt "${STARTS:-25}" ]; do
    i=$((i + 1))
    rm -rf state orders.db*
    "$SLUICE" --state-dir state run place.yaml --yes >/dev/null 2>second.txt & pid=$!
    "$SLUICE" --state-dir state run place.yaml --yes >/dev/null 2>err.txt
    codes="$codes$?"
    wait "$pid"
    codes="$codes$?"
done
check "begun at the same moment: none is in the other's way" "$(printf '%s' "$codes" | tr -d 0)" ""
csv "$rows" >imeis.csv
stop_sandbox

# --- one is killed on the way, the other goes on ---
i=0
while [ "$i" -lt "$kills" ]; do
    i=$((i + 1))
    rm -rf state one.db* two.db*
    start_sandbox --fault charge-always --latency 3ms
    start one; start two
    while [ "$(books charged)" -lt $((rows * i / (kills + 2))) ]; do kill -0 "$two_pid" 2>/dev/null || break; done
    kill -9 "$one_pid"; wait "$one_pid" 2>/dev/null
    finish_of two
    # What the dead one was sending may have been charged: the living one skips it, whoever comes next settles.
    check "kill $i: the living one goes on, its sums hold" "$(sums_hold) $((code == 0 || code == 11 || code == 12))" "yes 1"
    check "kill $i: it takes nothing of the dead one's" "$(rows_of two)" "$(sum placed)"
    start one; finish_of one
    check "kill $i: the next run of the dead one: its sums hold" "$(sums_hold)" yes
    doubt=$(orders 4) placed=$(orders 3)
    check "kill $i: nobody was charged twice" "$(books most_charges)" 1
    check "kill $i: every row is placed or in doubt" "$((placed + doubt))" "$rows"
    check "kill $i: what is placed is in the stores" "$(($(rows_of one) + $(rows_of two)))" "$placed"
    check_most "kill $i: charged, and neither placed nor in doubt" $(($(books charged) - placed - doubt)) 0
    check_most "kill $i: in doubt, at most twice its calls in flight" "$doubt" 20
    stop_sandbox
done
plan
