#!/bin/sh
# doctor: what it finds, that it says what to do, and that it leaves everything as it was.
. "$(dirname "$0")/lib.sh"

doctor() { # its exit code in $status, what it said in $out
    "$SLUICE" --state-dir state doctor "$@" >"$home/out" 2>"$home/err"
    status=$?
    out=$(cat "$home/out" "$home/err")
}
# SQLite's own files beside a database that is open come and go.
there() { find . ! -name out ! -name err ! -name sandbox.log ! -name '*-wal' ! -name '*-shm' | sort; }

# --- nothing is there yet ---
before=$(there)
doctor
check "a fresh machine: exit code" $status 0
check_match "a fresh machine: the first run makes the state directory" "$out" '^ok     state: state isn.t there yet'
check "a fresh machine: nothing is made" "$(there)" "$before"

# --- a pipeline that never ran ---
start_sandbox
pipeline
csv 3 >imeis.csv
before=$(there)
doctor place.yaml
check "a fresh pipeline: exit code" $status 0
check_match "a fresh pipeline: the first run makes the store" "$out" '^ok     store: .*orders.db.* isn.t there yet; the first run makes it'
check "a fresh pipeline: nothing is made" "$(there)" "$before"
sed 's|orders.db|nowhere/orders.db|' place.yaml >nowhere.yaml
doctor nowhere.yaml
check_match "a store that no run can make" "$status $out" '^1 .*'
check_match "a store that no run can make: said" "$out" '^wrong  store: .*no such file'
rm nowhere.yaml

# --- a run was there ---
"$SLUICE" --state-dir state run place.yaml --yes >out 2>&1
check "a run: exit code" $? 0
charged=$(books charged)
before=$(there)
doctor place.yaml
check "all is well: exit code" $status 0
check_match "all is well: the ledger" "$out" '^ok     ledger: opens, and is whole'
check_match "all is well: fsync" "$out" '^ok     fsync: takes'
check_match "all is well: no run is under way" "$out" '^ok     runs: none is under way'
check_match "all is well: the pipeline" "$out" '^ok     pipeline: place.yaml: no errors'
check_match "all is well: the provider, with the balance" "$out" '^ok     provider: gsm_fusion.place answers for .*; balance [0-9]'
check_match "all is well: the clock" "$out" '^ok     clock: is [0-9]+ s from'
check_match "all is well: the store" "$out" '^ok     store: .*everything is there'
check_match "all is well: the last word" "$out" '^nothing is wrong$'
check "it spends nothing" "$(books charged)" "$charged"
check "it makes nothing" "$(there)" "$before"
mv orders.db away.db
doctor place.yaml
check_match "a store that was there and is gone" "$status $out" '^1 '
check_match "a store that was there and is gone: said" "$out" '^wrong  store: .*no such file'
mv away.db orders.db

# --- findings, each with a remedy ---
chmod 755 state
doctor
check "open to others: exit code" $status 1
check_match "open to others" "$out" '^wrong  state: state is open to others \(755\)'
check_match "open to others: what to do" "$out" 'chmod 700'
chmod 700 state
echo 'source: {csv: {path: a.csv}}' >broken.yaml
doctor broken.yaml
check "a broken pipeline: exit code" $status 1
check_match "a broken pipeline" "$out" '^wrong  pipeline: broken.yaml: 1 error,'
check_match "a broken pipeline: what lint says" "$out" 'the pipeline has no sink'
GSM_FUSION_API_KEY=wrong doctor place.yaml
check "a wrong key: exit code" $status 1
check_match "a wrong key" "$out" '^wrong  provider: gsm_fusion.place: '
sqlite3 orders.db 'ALTER TABLE orders DROP COLUMN simlock' 2>/dev/null
doctor --json place.yaml
check "--json: exit code" $status 1
check_match "--json: one object with every check" "$(cat out)" '^\{"checks":\[\{"check":"libraries","ok":true'
check_match "--json: the store lacks a column" "$(cat out)" '"check":"store","ok":false,"text":"[^"]*simlock'
mkdir -p state/runs && : >state/runs/999.lock
doctor
check_match "a run that ended without a word" "$out" '^ok     runs: 0 under way, 1 ended without a word'
rm state/runs/999.lock
stop_sandbox
doctor place.yaml
check "no provider: exit code" $status 1
check_match "no provider" "$out" '^wrong  provider: '

# --- a ledger that is damaged ---
size=$(stat -c %s state/ledger.db)
rm -f state/ledger.db-wal state/ledger.db-shm
dd if=/dev/urandom of=state/ledger.db bs=4096 seek=2 count=$((size / 4096 - 2)) conv=notrunc 2>/dev/null
doctor
check "a damaged ledger: exit code" $status 1
check_match "a damaged ledger" "$out" '^wrong  ledger: '
printf 'no database at all, but something else of some length' >state/ledger.db
doctor
check_match "no ledger at all" "$out" '^wrong  ledger: '

# --- a state directory that can't be ---
: >file
"$SLUICE" --state-dir file doctor >out 2>&1
check "the state directory is a file: exit code" $? 1
check_match "the state directory is a file" "$(cat out)" '^wrong  state: file is no directory'
plan
