#!/bin/sh
# Every command of the ledger, on one in Postgres: `-f FILE` names it.
. "$(dirname "$0")/lib.sh"
start_stack db pooler
export LEDGER_URL="$STACK_POOLER_URL"
pipeline "limits: {concurrency: 10, timeout: 1s}" 'spend: {max_run: 100000.00}
state: {ledger: "${LEDGER_URL}", lease: 2s}'
ledger() { "$SLUICE" --state-dir "$home/state" ledger "$@" -f place.yaml 2>err.txt; }
of_state() { sql "SELECT count(*) FROM sluice.orders WHERE state = $1"; }

# --- nothing is made by looking ---
start_sandbox --fault charge-always
csv 20 >imeis.csv
"$SLUICE" --state-dir state plan place.yaml >plan.txt 2>err.txt
check "a plan: 0, all are new" "$? $(grep -c "new  *20" plan.txt)" "0 1"
check "a plan makes no tables" "$(sql "SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'")" 0
ledger list >out.txt
check "list: there is no ledger: 66" "$?" 66
check_match "list: it says so" "$(cat err.txt)" "is empty: nothing was ordered yet"

# --- doubts ---
stop_sandbox
start_sandbox --fault charge-always
run
check "a run: its sums hold" "$(sums_hold)" yes
check "list --json has what the tables have" "$(ledger list --json | grep -c '"state"')" 20
check "list --state" "$(ledger list --state placed --json | grep -c '"state"')" "$(of_state 3)"
check "list --limit" "$(ledger list --limit 3 --json | grep -c '"state"')" 3
imei=$(sql 'SELECT identifier FROM sluice.orders WHERE state = 3 ORDER BY id LIMIT 1')
order_id=$(sql "SELECT order_id FROM sluice.orders WHERE identifier = '$imei'")
check_match "show by identifier: the order" "$(ledger show "$imei")" "$order_id"
check_match "show by order id: its history" "$(ledger show "$order_id" --json)" '"to":"sending".*"to":"placed"'
check_match "orders show: the store's order, with its history" "$("$SLUICE" --state-dir "$home/state" orders show "$order_id" -f place.yaml --json 2>&1)" '"to":"sending".*"to":"placed"'
check "export --format csv: a line each" "$(ledger export --format csv | wc -l | tr -d ' ')" 21
check "export --format json: the history of each" "$(ledger export --format json | grep -o '"to":"sending"' | wc -l | tr -d ' ')" 20

# --- doubts are settled, by the provider's list or by a person ---
doubt() { sql "UPDATE sluice.orders SET state = 4, order_id = NULL, code = 'no_reply', reason = 'lost' WHERE identifier = '$imei'" >/dev/null; }
state_of() { sql "SELECT state, order_id FROM sluice.orders WHERE identifier = '$imei'"; }
doubt
ledger settle >out.txt
check "settle: the provider lists it" "$? $(state_of)" "0 3|$order_id"
doubt
ledger resolve "$imei" --placed "$order_id" >out.txt
check "resolve --placed: the provider knows it" "$? $(state_of)" "0 3|$order_id"
doubt
ledger resolve "$imei" --not-placed --reason "support: no such order" --unchecked >out.txt
check "resolve --not-placed" "$? $(state_of)" "0 8|"
check_match "resolve: the reason is kept" "$(ledger show "$imei" --json)" "support: no such order"
run
check "what is settled isn't ordered again: it is listed" "$(books charged) $(books most_charges)" "20 1"

# --- the pause ---
ledger pause --reason "month end" >out.txt
check "pause: 0" "$?" 0
csv 25 >imeis.csv
run
check "paused: 12, nothing is ordered" "$code $(sum placed)" "12 0"
check_match "paused: it says since when and why" "$(cat err.txt)" "month end"
ledger resume >out.txt
run
check "resumed: the rest is ordered" "$(sum placed) $(books charged) $(books most_charges)" "5 25 1"

# --- a service ---
sed 's/^name: place/name: serve\ntrigger: {every: 1s}/' place.yaml >serve.yaml
mkfifo address
"$SLUICE" --state-dir state serve serve.yaml --yes --listen 127.0.0.1:0 >address 2>serve.txt & serve_pid=$!
IFS= read -r url <address
runs_of_it() { sql "SELECT count(*) FROM sluice.runs WHERE pipeline = 'serve' AND ended_ms IS NOT NULL"; }
until [ "$(runs_of_it)" -ge 2 ]; do kill -0 "$serve_pid" || break; done
check "serve: its runs find all known" "$(sql "SELECT DISTINCT exit_code FROM sluice.runs WHERE pipeline = 'serve' AND ended_ms IS NOT NULL") $(books charged)" "0 25"
health() { curl -sS "$url/healthz" | python3 -c "import json,sys; print(json.load(sys.stdin)['ledger']$1)"; }
check "healthz: the ledger" "$(health "['status']") $(health "['undelivered']")" "ok 0"
check "metrics: the orders in it" "$(curl -sS "$url/metrics" | grep -E '^sluice_(ledger_up|orders\{state="placed"\}) ' | tr '\n' ' ')" "sluice_ledger_up 1 sluice_orders{state=\"placed\"} $(sql 'SELECT sum(orders) FROM sluice.totals WHERE state = 3') "
stack stop postgres
check "healthz: the database is gone" "$(health "['status']") $(curl -s -o /dev/null -w '%{http_code}' "$url/healthz")" "failing 503"
check_match "healthz: it says so, without the password" "$(health "['error']")" "^the ledger on Postgres at 127.0.0.1:[0-9]+"
stack start postgres
until [ "$(health "['status']")" = ok ]; do kill -0 "$serve_pid" || break; done
check "healthz: it is back" "$(health "['status']")" ok
# One that the outage cut off couldn't say that it has ended: once its lease is over, a later one says it.
newest=$(sql 'SELECT max(id) FROM sluice.runs')
until [ "$(sql "SELECT count(*) FROM sluice.runs WHERE ended_ms IS NULL AND id <= $newest")" = 0 ]; do kill -0 "$serve_pid" || break; done
kill "$serve_pid"; wait "$serve_pid"
check "serve: it ends in order" "$?" 0
check "serve: no run of it is left" "$(sql 'SELECT count(*) FROM sluice.runs WHERE ended_ms IS NULL')" 0

# --- the database goes away for a moment, in the middle ---
csv 1500 >imeis.csv
stop_sandbox; start_sandbox --fault charge-always --latency 10ms
sql 'DROP SCHEMA sluice CASCADE' >/dev/null; rm -f orders.db*
export LEDGER_URL="$STACK_DB_URL"
sed -i 's/lease: 2s/lease: 30s/' place.yaml
"$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt & pid=$!
while [ "$(books charged)" -lt 300 ]; do kill -0 $pid || break; done
stack kill postgres; stack start postgres
wait $pid; code=$?
summary=$(grep '"type":"summary"' out.json | tail -1)
check "the database restarts: the run goes on to its end, its sums hold" "$((code == 0 || code == 11)) $(sums_hold)" "1 yes"
check "the database restarts: nobody is charged twice, nothing is open" "$(books most_charges) $(sql 'SELECT count(*) FROM sluice.orders WHERE state IN (1, 2)')" "1 0"
check "the database restarts: every row is placed or in doubt" "$(($(of_state 3) + $(of_state 4)))" 1500
check "the database restarts: what is placed is stored" "$(stored)" "$(of_state 3)"

# --- a full disk: Supabase makes the database read-only ---
charged=$(books charged) turns=$(sql 'SELECT sum(turn) FROM sluice.runs')
sql 'ALTER DATABASE postgres SET default_transaction_read_only = on' >/dev/null
csv 5 0 5000 >imeis.csv
run
check "a read-only database: 74, nothing is sent or written" "$code $(($(books charged) - charged)) $(($(sql 'SELECT sum(turn) FROM sluice.runs') - turns))" "74 0 0"
check_match "it says so" "$(cat err.txt)" "it is read-only: .*make room, or enlarge it"
PGOPTIONS='-c default_transaction_read_only=off' sql 'ALTER DATABASE postgres RESET default_transaction_read_only' >/dev/null
run
check "with room again" "$code $(sum placed)" "0 5"

# --- tables of an older format ---
sql 'UPDATE sluice.gate SET format = 1' >/dev/null
ledger list --limit 1 >out.txt
check "read, they stay" "$? $(sql 'SELECT format FROM sluice.gate')" "0 1"
run
check "a run raises it" "$code $(sum duplicate) $(sql 'SELECT format FROM sluice.gate')" "0 5 2"
plan
