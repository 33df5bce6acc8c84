#!/bin/sh
# What was tried to make a run pay twice, lose what was paid, or say something wrong.
. "$(dirname "$0")/lib.sh"
settle=none

start_run() { # flags: a run of place.yaml in the background; $pid
    "$SLUICE" --state-dir "$home/state" run place.yaml --yes --json "$@" >out.json 2>err.txt &
    pid=$!
}
end_run() {
    wait "$pid"
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
}
wait_for_charges() { while [ "$(books charged)" -lt "$1" ]; do kill -0 "$pid" 2>/dev/null || return; done; }
fresh() { rm -rf state orders.db* out.csv .out.csv* rejected.csv; }

# --- the ledger is moved away while a run uses it: nothing more is bought on it ---
start_sandbox --fault charge-always --latency 20ms
for file in ledger.db ledger.db-wal; do
    fresh
    csv 1200 >imeis.csv
    pipeline "limits: {concurrency: 4}"
    before=$(books charged)
    start_run
    wait_for_charges $((before + 20))
    mv state/$file moved
    end_run
    check "$file moved: 74" "$code" 74
    check_match "$file moved: what to do" "$(cat err.txt)" 'moved, replaced or deleted.*put both back'
    check "$file moved: what was charged is stored, the sums hold" "$(sum in_doubt) $(sums_hold) $(stored)" "0 yes $(sum placed)"
    check_most "$file moved: the rest isn't ordered" "$(sum placed)" 600
    [ $file = ledger.db ] && mv moved state/ledger.db && run
    [ $file = ledger.db ] && check "put back: the rest is placed, nothing twice" "$code $(stored) $(books most_charges)" "0 1200 1"
done
stop_sandbox

# --- a store is moved away while a run writes it: what came since waits in the ledger ---
start_sandbox --fault charge-always --latency 20ms
for file in orders.db out.csv; do
    fresh
    csv 100 >imeis.csv
    pipeline "limits: {concurrency: 4}"
    sed -i 's/^sinks:/sinks:\n  - csv: {path: out.csv}/' place.yaml
    start_run
    wait_for_charges $(($(books charged) + 20))
    rm -rf moved; mkdir moved
    mv $file* moved
    end_run
    check "$file moved: 74, the sums hold" "$code $(sums_hold) $(sum placed)" "74 yes 100"
    check_match "$file moved: what happened" "$(cat err.txt)" "$file:? was moved, replaced or deleted"
    run
    check_match "$file moved: the next run delivers" "$(cat err.txt)" 'orders of earlier runs are delivered now'
    rows=$(($(sed 1d out.csv | wc -l) + $([ -f moved/out.csv ] && sed 1d moved/out.csv | wc -l || echo 0)))
    stored=$(($(stored) + $([ -f moved/orders.db ] && sqlite3 moved/orders.db 'select count(*) from orders' || echo 0)))
    check "$file moved: every order is in each store" "$code $rows $stored" "0 100 100"
    rm -rf moved
done
stop_sandbox

# --- the input is written while a run reads it: only what was counted is bought ---
start_sandbox --fault charge-always --latency 5ms
fresh
csv 20000 >imeis.csv
pipeline "limits: {concurrency: 4}"
start_run
wait_for_charges 50
csv 500 0 90001 | sed 1d >>imeis.csv
end_run
check "the input grew: 65, the sums hold" "$code $(sums_hold)" "65 yes"
check_match "the input grew: what happened" "$(cat err.txt)" 'imeis.csv: was written while it was read'
check "the input grew: what was charged is stored" "$(books charged)" "$(stored)"
printf 'imei,note,_row,_file,_step,_code,_reason\n' >rejected.csv
i=0; while [ $i -lt 3000 ]; do echo "bad$i,,,,,,"; i=$((i + 1)); done >>rejected.csv
cp rejected.csv before.csv
pipeline
sed -i 's/imeis.csv/rejected.csv/' place.yaml
run
check_match "rejected records into the input: refused" "$code $(cat err.txt)" '^78 .*rejected.csv is what the source reads'
check "and it is as it was" "$(cmp rejected.csv before.csv && echo same)" same
stop_sandbox

# --- the ledger can't be written any more: what a sink has got already isn't written to it again ---
start_sandbox --fault charge-always --latency 10ms
for blocks in 200 300 400; do
    fresh
    csv 200 >imeis.csv
    pipeline "limits: {concurrency: 20}"
    sed -i 's/^sinks:/sinks:\n  - csv: {path: out.csv}/' place.yaml
    (ulimit -f $blocks; "$SLUICE" --state-dir state run place.yaml --yes >/dev/null 2>err.txt)
    check "files of at most $blocks blocks: 74" $? 74
    run
    check "afterwards: each order is in the file once" "$(cut -d, -f3 out.csv | sort | uniq -d | wc -l) $(sed 1d out.csv | wc -l) $(stored)" \
        "0 $(ledger_count placed) $(ledger_count placed)"
done
check "and nothing was charged twice" "$(books most_charges)" 3
stop_sandbox

# --- closed standard streams: nothing is written to what is opened in their place ---
fresh
csv 3000 100 >imeis.csv
cat >local.yaml <<END
name: local
source: {csv: {path: imeis.csv}}
actions: [{imei: {}}]
sinks: [{csv: {path: out.csv}}]
END
"$SLUICE" --state-dir state run local.yaml --json --log-level debug <&- >&- 2>&-
check "all closed: the results can't be written" $? 74
check "all closed: the file has records only" "$(grep -vcE '^[0-9]{15},row [0-9]+$' out.csv)" 1
sed -i 's/imeis.csv/"-"/' local.yaml
"$SLUICE" --state-dir state run local.yaml <&- 2>err.txt
check_match "no standard input: 66" "$? $(cat err.txt)" '^66 .*standard input is closed'

# --- paid orders that wait for a sink: a sink more, or a renamed pipeline, doesn't hide them ---
start_sandbox --fault charge-always --latency 20ms
fresh
csv 200 >imeis.csv
pipeline "limits: {concurrency: 8}"
start_run
wait_for_charges 60
kill -9 "$pid"; wait "$pid" 2>/dev/null
sed 's/^name: place/name: other/; s/orders.db/other.db/; s/rejected.csv/other-rejected.csv/' place.yaml >other.yaml
head -1 imeis.csv >none.csv
sed -i 's/imeis.csv/none.csv/' other.yaml
waiting=$(sqlite3 state/ledger.db 'select count(*) from outbox')
"$SLUICE" --state-dir state run other.yaml --yes >out.json 2>err.txt
check_match "another pipeline says who has orders waiting" "$(cat err.txt)" "$waiting paid orders of the pipeline 'place' wait for its sink 'sqlite#1'"
sed -i 's/^sinks:/sinks:\n  - csv: {path: out.csv}/' place.yaml
run
check "a sink was put before it: it still gets its own" "$(stored)" "$(ledger_count placed)"
check "and nothing is left behind" "$(sqlite3 state/ledger.db 'select count(*) from outbox') $(grep -c 'wait for its sink' err.txt)" "0 0"
stop_sandbox

plan
