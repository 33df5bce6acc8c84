#!/bin/sh
# The database goes away in the middle of a run of paid orders, politely and not, or only the way to it: nothing is
# lost, nothing is doubled, and what the store hasn't got waits in the ledger.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-20000}
start_stack db pooler
make_orders
start_sandbox --fault charge-always
csv "$rows" >imeis.csv

total() { sql 'SELECT count(*) FROM orders'; }
waiting() { sqlite3 state/ledger.db 'SELECT count(*) FROM outbox'; }
begin() { # URL: a run in the background
    export SUPABASE_DB_URL=$1
    sql 'TRUNCATE orders' >/dev/null
    rm -rf state
    settle=none pipeline "limits: {concurrency: ${flight:-50}}"
    sed -i 's/sqlite: {path: orders.db}/supabase: {}/' place.yaml
    before=$(books charged)
    "$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt &
    pid=$!
}
until_stored() { # N: so many are there, and more are to come
    while there=$(total) && [ "$there" -lt "$1" ] && kill -0 "$pid" 2>/dev/null; do :; done
    check_most "in the middle" "$there" $((rows - 1))
}
end() {
    wait "$pid"
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
}
whole() { # WHAT: everything was paid once, and is there once
    check "$1: done, the sums hold, nothing waits" "$code $(sums_hold) $(waiting)" "0 yes 0"
    check "$1: each was paid once" "$(sum placed) $(($(books charged) - before))" "$rows $rows"
    check "$1: each is stored once" "$(total) $(sql 'SELECT count(DISTINCT imei) FROM orders')" "$rows $rows"
}

begin "$STACK_DB_URL"
until_stored 2000
stack stop postgres
stack start postgres
until_stored 6000
stack kill postgres
stack start postgres
end
whole "restarted, and killed, in the middle"

begin "$STACK_POOLER_URL"
until_stored 2000
stack kill pgbouncer
stack start pgbouncer
until_stored 6000
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('sluice', 'pgbouncer') OR usename = 'postgres' AND pid <> pg_backend_pid()" >/dev/null
until_stored 10000
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' AND pid <> pg_backend_pid()" >/dev/null
end
whole "the pooler killed, connections cut"

# --- away until the last order is paid: what isn't stored waits in the ledger ---
rows=300
stop_sandbox
start_sandbox --fault charge-always --latency 20ms
csv "$rows" >imeis.csv
flight=4 begin "$STACK_DB_URL"
until_stored 50
stack stop postgres
while [ "$(books charged)" -lt "$rows" ] && kill -0 "$pid" 2>/dev/null; do :; done
check_most "away: what waits in the ledger isn't nothing" 1 "$(waiting)"
stack start postgres
end
whole "away until the last was paid"
plan
