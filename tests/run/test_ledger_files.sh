#!/bin/sh
# A ledger that can't be trusted or written: a clear error, nothing is sent, and the file is left as it is. An
# empty one in its place would let every order be paid once more.
. "$(dirname "$0")/lib.sh"
. "$here/sick.sh"
start_sandbox --fault charge-always
csv 50 >imeis.csv
pipeline
run
check "a ledger to begin with" "$code $(books charged)" "0 50"
cp state/ledger.db good.db
look() { "$SLUICE" --state-dir state ledger list >/dev/null 2>list.txt; echo "$? $(cat list.txt)"; }
put() { rm -rf state/ledger.db*; }
refused() { # WHAT CODE TEXT
    if [ -f state/ledger.db ]; then before=$(cksum <state/ledger.db); else before=$(ls -ld state/ledger.db); fi
    run
    check "$1: $2, nothing sent" "$code $(books charged)" "$2 50"
    check_match "$1: names it, and what to do" "$(cat err.txt)" "state/ledger.db.*$3"
    check_match "$1: so does 'ledger list'" "$(look)" "state/ledger.db.*$3"
    if [ -f state/ledger.db ]; then after=$(cksum <state/ledger.db); else after=$(ls -ld state/ledger.db); fi
    check "$1: it is as it was" "$after" "$before"
}
size=$(wc -c <good.db)

put; head -c $((size / 2)) good.db >state/ledger.db
refused "cut in half" 78 "damaged.*backup"
put; head -c 100 good.db >state/ledger.db
refused "cut to its header" 78 "damaged|no ledger"
put; : >state/ledger.db
refused "cut to nothing" 78 "empty.*backup"
put
before=$(ls state)
run
check "gone: 78, nothing sent" "$code $(books charged)" "78 50"
check_match "gone: names it, and what to do" "$(cat err.txt)" "state/ledger.db is gone, and runs were made with it: restore it.*remove .*state/runs"
check "gone: no other one is made" "$(ls state)" "$before"
put; head -c 3000 /dev/urandom >state/ledger.db
refused "garbage" 78 "damaged or no ledger.*backup"
put; cp good.db state/ledger.db
root=$(sqlite3 good.db "select rootpage from sqlite_schema where name = 'orders_key'")
dd if=/dev/urandom of=state/ledger.db bs=4096 seek=$((root - 1)) count=1 conv=notrunc 2>/dev/null
cp state/ledger.db mangled.db
run
check "garbage in an index: 78, nothing sent" "$code $(books charged)" "78 50"
check_match "garbage in an index: names it, and what to do" "$(cat err.txt)" "state/ledger.db.*damaged.*backup"
put; cp good.db state/ledger.db
sqlite3 state/ledger.db 'PRAGMA user_version = 99'
refused "of a newer sluice" 78 "newer sluice.*upgrade"
put; sqlite3 state/ledger.db 'create table cookies (a)'
refused "of another program" 78 "another program.*--state-dir"
put; sqlite3 state/ledger.db 'PRAGMA application_id = 42; create table cookies (a)'
refused "of another program that says so" 78 "another program.*--state-dir"
put; mkdir state/ledger.db
refused "a directory" 78 "not a file"
put; ln -s nowhere state/ledger.db
refused "a link to nothing" 78 "link to nothing|not a file"
put; ln -s /dev/null state/ledger.db
refused "a device" 78 "not a file"
put; mkfifo state/ledger.db
refused "a pipe" 78 "not a file"

# --- the right one again, through a link, too ---
put; cp good.db kept.db; ln -s ../kept.db state/ledger.db
run
check "a link to it will do" "$code $(sum duplicate) $(books charged)" "0 50 50"

# --- an older copy, or one that lost the -wal that a crash left: what was ordered since would be paid again ---
"$SLUICE" sandbox gsm_fusion --listen 127.0.0.1:0 --latency 20ms --fault charge-always >other.txt 2>/dev/null &
other=$!
until [ -s other.txt ]; do sleep 0.05; done
(
    GSM_FUSION_BASE_URL=$(head -1 other.txt)
    go() { "$SLUICE" --state-dir aged run aged.yaml --yes --json >aged.json 2>err.txt; echo $?; }
    sed 's/^name: place/name: aged/; s/orders.db/aged.db/; s/\(path: \)rejected/\1aged/; s/imeis.csv/aged-imeis.csv/' place.yaml >aged.yaml
    csv 20 0 7001 >aged-imeis.csv
    echo "$(go) the first"
    cp aged/ledger.db before.db
    echo "$(go) nothing new"
    cp before.db aged/ledger.db
    echo "$(go) a copy that lacks no order"
    csv 300 0 7001 >aged-imeis.csv
    "$SLUICE" --state-dir aged run aged.yaml --yes --json >aged.json 2>/dev/null &
    pid=$!
    until grep -q '"state":"placed"' aged.json; do kill -0 $pid || break; done
    kill -9 $pid; wait $pid 2>/dev/null
    mkdir whole; cp aged/ledger.db* whole
    rm -f aged/ledger.db-wal aged/ledger.db-shm
    echo "$(go) no -wal: $(grep -c 'older copy, or has lost its -wal' err.txt)"
    "$SLUICE" --state-dir aged plan aged.yaml >/dev/null 2>err.txt
    echo "$? a plan: $(grep -c 'remove .*aged/runs/newest' err.txt)"
    cp before.db aged/ledger.db
    echo "$(go) an older copy: $(grep -c 'older copy, or has lost its -wal' err.txt)"
    cp whole/ledger.db* aged
    "$SLUICE" --state-dir aged ledger list >/dev/null 2>&1
    echo "$? all of it put back"
    rm -f aged/ledger.db*; cp before.db aged/ledger.db; rm -f aged/runs/newest
    "$SLUICE" --state-dir aged ledger list >/dev/null 2>&1
    echo "$? without the mark"
) >aged.txt 2>/dev/null
kill $other; wait $other 2>/dev/null
check "older copies of the ledger" "$(cat aged.txt)" "0 the first
0 nothing new
0 a copy that lacks no order
78 no -wal: 1
78 a plan: 1
78 an older copy: 1
0 all of it put back
0 without the mark"
put; cp good.db state/ledger.db

# --- the state directory can't be written: nothing is sent ---
csv 60 >imeis.csv
for errno in 28 5 30; do
    sick_run state/ledger.db $errno 0
    check "errno $errno at once: 74, nothing sent" "$code $(books charged)" "74 50"
    check_match "errno $errno at once: names it" "$(cat err.txt)" "state/ledger.db"
done
sick_run state/runs 30 0
check "its lock can't be made: 74, nothing sent" "$code $(books charged)" "74 50"
check_match "its lock can't be made: names it" "$(cat err.txt)" "state/runs.*[Rr]ead-only"
: >file
"$SLUICE" --state-dir file run place.yaml --yes 2>err.txt
check "the state directory is a file: 73" "$? $(books charged)" "73 50"
mkdir locked
if mount -t tmpfs -o size=256k tmpfs locked 2>/dev/null; then
    "$SLUICE" --state-dir locked ledger list >/dev/null 2>&1
    dd if=/dev/zero of=locked/fill bs=4k 2>/dev/null
    "$SLUICE" --state-dir locked run place.yaml --yes 2>err.txt
    check "a full file system: 74" "$? $(books charged)" "74 50"
    check_match "a full file system: says so" "$(cat err.txt)" "locked.*(full|No space left)"
    rm -rf locked/*
    mount -o remount,ro locked
    "$SLUICE" --state-dir locked run place.yaml --yes 2>err.txt
    check "a read-only file system: 74" "$? $(books charged)" "74 50"
    check_match "a read-only file system: says so" "$(cat err.txt)" "locked: .*can't be written: .*[Rr]ead-only"
    umount locked
fi
run
check "and with the right one all goes on" "$code $(sum placed) $(sum duplicate) $(books most_charges)" "0 10 50 1"
stop_sandbox
plan
