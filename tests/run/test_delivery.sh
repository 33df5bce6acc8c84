#!/bin/sh
# What was paid reaches its sinks: they prove that they can write before the first order, one that fails holds
# nobody up, and what it didn't get waits in the ledger.
. "$(dirname "$0")/lib.sh"
. "$here/sick.sh"
fresh() { rm -rf state orders.db* out.csv .out.csv* rejected.csv moved; }
with_csv() { sed -i 's/^sinks:/sinks:\n  - csv: {path: out.csv}/' place.yaml; }
waiting() { sqlite3 state/ledger.db 'select count(*) from outbox'; }
in_background() { "$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt & pid=$!; }
finish_run() { wait "$pid"; code=$?; summary=$(grep '"type":"summary"' out.json | tail -1); }
wait_for_charges() { while [ "$(books charged)" -lt "$1" ]; do kill -0 "$pid" 2>/dev/null || return; done; }
hold_lock() { # holds the write lock of orders.db until release_lock
    mkfifo lock.in
    sqlite3 orders.db <lock.in >/dev/null &
    holder=$!
    exec 9>lock.in
    printf '.timeout 10000\nBEGIN IMMEDIATE;\n.shell touch locked\n' >&9
    while [ ! -e locked ]; do :; done
}
release_lock() { exec 9>&-; wait "$holder"; rm -f lock.in locked; }

# --- before the first order each sink proves that it can write ---
start_sandbox --fault charge-always
csv 20 >imeis.csv
refuses() { # WHAT CODE TEXT SINK: an unusable sink
    pipeline
    sed -i "s|^  - sqlite: .*|  - csv: {path: good.csv}\n  - $4|" place.yaml
    rm -rf state
    run
    check "$1: $2, nothing spent" "$code $(books charged)" "$2 0"
    check_match "$1: says so" "$(cat err.txt)" "$3"
}
mkdir dir; echo nonsense nonsense nonsense nonsense nonsense nonsense nonsense >text.db
refuses "no directory for the store" 73 "sinks.1. sqlite: none/orders.db: .*No such file" "sqlite: {path: none/orders.db}"
refuses "the store is a directory" 73 "sinks.1. sqlite: dir: .*opened or created" "sqlite: {path: dir}"
refuses "the store is no database" 78 "text.db: the file is not a SQLite database" "sqlite: {path: text.db}"
refuses "no directory for a file" 73 "sinks.1. csv: none/out.csv: can't be created" "csv: {path: none/out.csv}"
refuses "a file is a directory" 73 "sinks.1. csv: dir: is a directory" "csv: {path: dir}"
refuses "two sinks write one file" 75 "good.csv: another run, or another sink" "csv: {path: good.csv}"
pipeline
sed -i 's/orders.db}/orders.db, lock_wait: 100ms}/' place.yaml
hold_lock
run
check "the store is locked: 69, nothing spent" "$code $(books charged)" "69 0"
check_match "the store is locked: by whom" "$(cat err.txt)" "orders.db: the database is locked by process $holder"
release_lock
for errno in 28 5 30; do
    fresh
    sqlite3 orders.db 'create table other (a)'
    sick_run orders.db $errno 0
    check "the store's disk says $errno at once: 74, nothing spent" "$code $(books charged)" "74 0"
done
with_csv
for errno in 28 5 30; do
    fresh
    sick_run out.csv $errno 0
    check "a file's disk says $errno at once: 74, nothing spent, nothing left" "$code $(books charged) $(ls -A | grep -c out.csv)" "74 0 0"
done
stop_sandbox

# --- a store that somebody locks for a while: nobody waits for it, and it gets everything ---
start_sandbox --fault charge-always --latency 40ms
fresh
csv 300 >imeis.csv
pipeline "limits: {concurrency: 4}"
with_csv
sed -i 's/orders.db}/orders.db, lock_wait: 50ms}/' place.yaml
in_background
wait_for_charges 50
hold_lock
while [ "$(sed 1d out.csv | wc -l)" -lt 300 ]; do kill -0 "$pid" || break; done
check "locked in the middle of a run: all is ordered, the other sink has it" "$(books charged) $(sed 1d out.csv | wc -l)" "300 300"
check_most "the locked one is behind" "$(stored)" 299
release_lock
finish_run
check "unlocked before the end: 0, everything is stored, in order, once" "$code $(stored) $(sed 1d out.csv | wc -l) $(waiting)" "0 300 300 0"
check_match "it was said" "$(cat err.txt)" 'locked by process [0-9]+.*; it is tried again while the run goes on'
check_match "and its end, too" "$(cat err.txt)" 'sinks.1. sqlite: it can be written again'
stop_sandbox

# --- dead for several runs; then a run that has nothing to order, and isn't asked to spend ---
start_sandbox --fault charge-always
fresh
pipeline
with_csv
after=2 # the mark that shows that it can be written; later it is there already
for rows in 100 200 300; do
    csv $rows >imeis.csv
    sick_run out.csv 28 $after
    after=0
    check "out.csv fails again: 74, the sums hold" "$code $(sums_hold) $(sum placed)" "74 yes 100"
    check_match "it is said what waits" "$(cat err.txt)" "sinks.0. csv: $rows records not delivered; they wait in the ledger"
done
check "the other sink has everything, the ledger what is missing" "$(stored) $(waiting)" "300 300"
sqlite3 state/ledger.db "select count(*) from runs where complete = 1" >complete.txt
check "no run is done with" "$(cat complete.txt)" 0
"$SLUICE" --state-dir state run place.yaml </dev/null >/dev/null 2>err.txt
check "nothing new to order: delivered without --yes" "$? $(sed 1d out.csv | wc -l) $(waiting)" "0 300 0"
check_match "it says what it does" "$(cat err.txt)" '300 orders of earlier runs are delivered now'
check "each order once, nobody charged twice" "$(cut -d, -f3 out.csv | sort | uniq -d | wc -l) $(books most_charges)" "0 1"
stop_sandbox

# --- at 10,000 that wait, nothing more is placed; more than memory holds is delivered later ---
start_sandbox --fault charge-always
fresh
csv 10500 >imeis.csv
pipeline "limits: {concurrency: 50}, list: 50"
with_csv
sick_run out.csv 5 2
check "10,000 wait: placing stops, the rest is skipped, the sums hold" "$code $(sum placed) $(sum skipped) $(sums_hold)" "74 10000 500 yes"
check_match "why" "$(cat err.txt)" '10000 paid orders wait for a sink, and sinks.0. csv can.t be written'
check_match "which rows" "$(cat err.txt)" 'not attempted: rows 10002-10501'
check "what was placed is charged and stored" "$(books charged) $(stored)" "10000 10000"
/usr/bin/time -f %M -o peak.txt "$SLUICE" --state-dir state run place.yaml --yes >/dev/null 2>err.txt
check "the next run delivers them, and places the rest" "$? $(sed 1d out.csv | wc -l) $(stored) $(books most_charges) $(waiting)" "0 10500 10500 1 0"
echo "# peak memory while 10,000 are caught up with: $(cat peak.txt) KiB"
stop_sandbox

# --- the provider is down: what was paid for doesn't need it ---
start_sandbox --fault charge-always
fresh
csv 20 >imeis.csv
pipeline
with_csv
sick_run out.csv 5 2
check "one sink is sick" "$code $(stored) $(waiting)" "74 20 20"
stop_sandbox
run
check "no provider: 69, and delivered all the same" "$code $(sed 1d out.csv | wc -l) $(stored) $(waiting)" "69 20 20 0"
check_match "both are said" "$(cat err.txt)" "20 orders of earlier runs are delivered now"
check_match "both are said" "$(cat err.txt)" "refused the connection"
run
check "with nothing to deliver: 69, the sinks aren't touched" "$code $(sed 1d out.csv | wc -l) $(grep -c 'earlier runs' err.txt)" "69 20 0"
rm -f out.csv

# --- the ledger remembers where a pipeline's orders are kept ---
start_sandbox --fault charge-always
fresh
csv 5 >imeis.csv
pipeline
run
csv 10 >imeis.csv
sed -i 's/orders.db/second.db/' place.yaml
run
check "another store: 78, nothing spent, not even made" "$code $(books charged) $(ls second.db 2>/dev/null)" "78 5 "
check_match "it says which, and what to do" "$(cat err.txt)" "have been kept in SQLite $home/orders.db, table orders, and this run would write SQLite $home/second.db, .*--store-changed"
run --store-changed
check "--store-changed: it is the store now" "$code $(sqlite3 second.db 'select count(*) from orders')" "0 5"
check_match "--store-changed: what isn't there" "$(cat err.txt)" "$home/orders.db, table orders is no longer written; orders that were placed before are there.*sluice store copy FROM TO"
run
check "from then on it is the store" "$code $(sum duplicate)" "0 10"
mkdir sub
(cd sub && cp ../place.yaml ../imeis.csv . && sed -i 's|second.db|../second.db|' place.yaml && "$SLUICE" --state-dir ../state run place.yaml --yes 2>../err.txt)
check "the same file by another path is the same store" $? 0
sed -i 's/^sinks:/sinks:\n  - sqlite: {path: third.db}/' place.yaml
run
check "one store more is no other store" "$code" 0
marks() { sqlite3 state/ledger.db "select name from settings where name like 'seen in %' order by 1"; }
check "what was seen of a store is kept under its own name" "$(marks)" \
    "seen in SQLite $home/second.db, table orders for gsm_fusion tester@sandbox"
sed -i '/second.db/d' place.yaml
run
check "but one less is" "$code" 78
stop_sandbox
plan
