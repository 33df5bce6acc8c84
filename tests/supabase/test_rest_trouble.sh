#!/bin/sh
# A run of many orders while the project has a bad day: nothing is lost, nothing is there twice, and the ledger
# keeps what the store hasn't got.
. "$(dirname "$0")/rest.sh"
start_stack rest
rows=${ROWS:-20000}
settle=none
new_table
start_weather
start_sandbox
csv "$rows" >imeis.csv
pipeline
sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
url=$WEATHER over_rest

# Every 7th request is answered with a page, every reply may be cut, and PostgREST is killed and started anew while
# orders are placed.
weather html-520 7
run &
kills=0
for kind in 'cut 5' 'lost 6' 'empty-503 5'; do
    had=$(sql "select count(*) from orders")
    until [ "$(sql "select count(*) from orders")" -gt $((had + rows / 8)) ] || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
    # shellcheck disable=SC2086
    weather $kind
    stack kill postgrest
    kill -0 $! 2>/dev/null && kills=$((kills + 1))
    stack start postgrest
done
wait $!
check "PostgREST was killed while the run went on" "$kills" 3
weather fine
run
check "the next run: exit code" "$code" 0
check "every order was charged once" "$(books charged) $(books most_charges)" "$rows 1"
check "every order is stored, once" "$(sql "select count(*), count(distinct order_id), count(distinct imei) from orders")" \
    "$rows|$rows|$rows"
check "the ledger has nothing left for the store" "$(ledger_count placed)" "$rows"
plan
