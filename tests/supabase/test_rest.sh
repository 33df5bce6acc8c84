#!/bin/sh
# The main job, the sync, the query and the export over REST, on PostgREST itself: what is in the store
# afterwards is what SQLite would hold.
. "$(dirname "$0")/rest.sh"
start_stack rest
rows=${ROWS:-2000}
settle=none
sync_file=$here/../../pipelines/sync-pending.yaml

in_store() { sql "select count(*) from orders"; }
contents() { sql "select string_agg(md5(orders::text), '' order by id) from orders" | cksum; }
sandbox() { # faults: the same books again
    stop_sandbox
    start_sandbox --state books "$@"
}
said() {
    sql "select imei, status, coalesce(carrier, ''), coalesce(simlock, ''), coalesce(model, ''), coalesce(fmi, ''),
        coalesce(imei2, ''), replace(coalesce(result_code_display, ''), chr(10), '~'),
        case when result_code like '%NCK-%' or result_code = 'Invalid_IMEI' then result_code else '' end,
        coalesce(raw_response::jsonb -> 'pairs' ->> 'Next Tether Policy', '') from orders order by id"
}

# --- the main job ---
for table in old new; do
    ${table}_table
    over_rest
    rm -rf state books place.yaml
    sandbox --option complete_after=1h
    csv "$rows" >imeis.csv
    pipeline
    sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
    run
    check "$table table: placed" "$code $(sum placed) $(books charged)" "0 $rows $rows"
    check "$table table: every order is stored once" \
        "$(sql "select count(*), count(distinct order_id), count(distinct imei), min(status), min(credits) from orders")" \
        "$rows|$rows|$rows|Pending|0.0800"
    check "$table table: the times are UTC" \
        "$(sql "select count(*) from orders where order_date between now() - interval '10 min' and now() + interval '1 min'")" "$rows"
    before=$(contents)
    run
    check "$table table: again, all are duplicates" "$code $(sum duplicate) $(books charged)" "0 $rows $rows"
    rm -rf state
    sluice plan place.yaml >out.txt
    check_match "$table table: a plan with a new ledger knows them, too" "$? $(cat out.txt err.txt | tr '\n' ' ')" \
        "^0 .* new +0 +ordered +[1-9]"
    run
    check "$table table: with a new ledger, too: the store says so" "$code $(sum duplicate) $(books charged)" \
        "0 $rows $rows"
    check "$table table: and nothing was written" "$(contents)" "$before"

    # --- the sync ---
    sandbox --option complete_after=0s
    sluice run "$sync_file" --json >out.json
    check "$table table: the sync" "$?$(grep -v '^sluice: info' err.txt)" 0
    sql "select imei from orders order by id" | awk -f "$here/results.awk" >meant.txt
    said >said.txt
    check "$table table: every field is as the provider means it" "$(diff meant.txt said.txt | grep -c '^[<>]')" 0
    check "$table table: what placing kept is still there" "$(sql "select count(*) from orders where
        raw_response::jsonb -> 'place' ->> 'id' = order_id and raw_response::jsonb -> 'check' ->> 'id' = order_id")" "$rows"
    before=$(contents)
    sluice run "$sync_file" --json >out.json
    summary=$(tail -1 out.json)
    check "$table table: again, nothing is read" "$? $(sum read)" "0 0"
    check "$table table: nothing has changed" "$(contents)" "$before"
done

# --- as a service ---
sandbox --option complete_after=1h
csv 50 0 900001 >imeis.csv
run
check "placed for the service" "$code $(sum placed)" "0 50"
sandbox --option complete_after=0s
sed 's/every: .*}/every: 1s}/' "$sync_file" >sync.yaml
"$SLUICE" --state-dir "$home/state" serve sync.yaml --listen 127.0.0.1:0 >serve.txt 2>&1 &
service=$!
tries=0
until [ "$(sql "select count(*) from orders where status in ('Pending', 'In Process')")" = 0 ] || [ $tries = 600 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
kill -TERM $service
wait $service
check "the service completes them, and ends when it is told to" \
    "$? $(sql "select count(*) from orders where status in ('Pending', 'In Process')")" "0 0"

# --- the same as SQLite, value for value ---
new_table
load_yaml
same_orders() { # order_id and all that isn't the store's own
    "$SLUICE" --state-dir "$home/state" -q run dump.yaml
}
for store in sqlite rest; do
    "over_$store"
    rm -f imei_orders.db
    printf 'name: dump\nsource:\n  orders: {fields: [order_id, provider, account, service_name, service_id, imei, imei2, credits, status, carrier, simlock, model, fmi, order_date, result_code, result_code_display, notes, raw_response, created_at]}\nsinks:\n  - csv: {path: %s.csv}\n' $store >dump.yaml
    cat >orders.csv <<'CSV'
order_id,provider,account,service_name,service_id,imei,imei2,credits,status,carrier,simlock,model,fmi,order_date,result_code,result_code_display,notes,raw_response,created_at
9001,gsm_fusion,tester@sandbox,Apple Carrier Check,1739,001001001234563,,0.08,Completed,T-Mobile USA,Locked,iPhone 13,ON,2026-11-20 10:00:00,"Carrier: T-Mobile USA<br>SimLock: Locked","Carrier: T-Mobile USA
SimLock: Locked",,"{""pairs"":{}}",2026-11-20 10:00:05
9002,gsm_fusion,tester@sandbox,Apple Carrier Check,1739,004400000000016,,0.08,Pending,,,,,2026-11-21 10:00:00,,,,,2026-11-21 10:00:05
9003,gsm_fusion,tester@sandbox,Unlock Générique,1800,004900000000015,,12.5,Rejected,,,,,2026-11-22 10:00:00,Invalid_IMEI,Invalid_IMEI,,,2026-11-22 10:00:05
9004,gsm_fusion,tester@sandbox,Unlock Générique,1800,001001001234563,,12.5,PENDING,,,,,2026-11-22 11:00:00,,,"a ""note"", 100% \ of it	⚡",,2026-11-22 11:00:05
"9,0(0)5""",gsm_fusion,other@sandbox,Unlock,1800,008600000000017,,999999.1234,In Process,,,,,2026-11-22 12:00:00,,,,<xml/>,2026-11-22 12:00:05
CSV
    sluice run load.yaml
    check "$store: stored" "$?$(grep -v '^sluice: info' err.txt)" 0
    # Nothing that is known is erased, no final status goes back, what was missing is filled in, JSON is merged.
    cat >orders.csv <<'CSV'
order_id,provider,account,service_name,imei,credits,status,carrier,notes,raw_response,created_at
9001,gsm_fusion,tester@sandbox,Another name,001001001234563,9.99,Pending,,a note,"{""pairs"":{""a"":""1""},""check"":{""id"":""9001""}}",
9002,gsm_fusion,tester@sandbox,,004400000000016,,Completed,AT&T,,"{""x"":1}",
9003,gsm_fusion,tester@sandbox,,004900000000015,,In Process,,,,
9004,gsm_fusion,tester@sandbox,,001001001234563,,In Process,Orange,,"{""x"":""é\\u00e9""}",
9004,gsm_fusion,tester@sandbox,,001001001234563,,Completed,,later,,
"9,0(0)5""",gsm_fusion,other@sandbox,,008600000000017,,,,,"{""place"":{}}",
9006,dhru,x@y,New,004400000000016,0.5,Pending,,,,2026-11-22 13:00:00
CSV
    sluice run load.yaml
    check "$store: and changed" "$?$(grep -v '^sluice: info' err.txt)" 0
    sluice run dump.yaml
    # another order under the same id is never overwritten, and goes back to who sent it
    printf 'order_id,provider,account,imei,status\n9001,gsm_fusion,tester@sandbox,004900000000015,Completed\n9007,gsm_fusion,tester@sandbox,004900000000015,Pending\n' >orders.csv
    sluice run load.yaml
    check "$store: an id that is taken: exit code" "$?" 10
    check_match "$store: and what is said of it" "$(cat rejected.csv)" \
        'order_id_taken,"?order id 9001 is taken in table .* by another order \(provider gsm_fusion, account tester@sandbox, IMEI 001001001234563\), which was not'
    check_match "$store: the other one is stored" "$(sluice orders show 9007)" '^order 9007  Pending$'
    for flags in '--status pEnDiNg' '--status rejected --status completed' '--imei 00-100100-123456-3' \
        '--imei 004900000000015 004400000000016' '--service 1800' '--since 2026-11-22' '--text t-mobile' '--text 1_0' \
        '--limit 1' '--limit 3 --status completed' '--text 100%' '--service 18.0'; do
        # shellcheck disable=SC2086
        echo "$flags: $(sluice orders list --format csv $flags | awk -F, '/^[0-9]+,"?9/ { print $2 }' | tr '\n' ' ')"
    done >"ids.$store"
    sluice orders list --service 'apple carrier check' --since '2026-11-21 09:00:00' --format gsm_fusion >"list.$store"
    sluice orders list --format gsm_fusion >>"list.$store"
    sluice orders count --status completed >>"list.$store"
    sluice run "$here/../../pipelines/export-completed.yaml" --set EXPORT_CSV=export.csv
    cat export.csv >>"list.$store"
done
check "the same values as in SQLite" "$(diff sqlite.csv rest.csv && echo same)" same
check "the same orders are found" "$(diff ids.sqlite ids.rest && echo same)" same
check "the same lists, the same export" "$(diff list.sqlite list.rest && echo same)" same
check "a dozen of queries" "$(grep -c ' 9' ids.rest)" 10

printf 'order_id,imei,status\n,001001001234563,Pending\n9008,001001001234563,Pending\n' >orders.csv
sluice run load.yaml --json >out.json
summary=$(tail -1 out.json)
check "an order without an id is passed over" "$? $(sum rejected) $(sql "select count(*) from orders where imei = '001001001234563' and status = 'Pending'")" "0 0 1"
check_match "and that is said" "$(cat err.txt)" "records without an order_id are not stored"
sql "delete from orders where order_id = '9008'"

# --- many ---
many=${SLUICE_TEST_IMEIS:-5000}
awk -v n="$many" 'BEGIN { print "order_id,imei,status"; for (i = 0; i < n; i++) printf "m%d,00%012d0,Completed\n", i, i }' >orders.csv
sluice run load.yaml
check "$many orders" "$(sql "select count(*) from orders where order_id like 'm%'")" "$many"
awk -v n="$many" 'BEGIN { for (i = n - 1; i >= 0; i--) printf "00%012d0\n", i }' >list.txt
sluice orders list --imeis list.txt --format csv >out.txt
check "every one of $many IMEIs is found, the newest first" \
    "$(sed 1d out.txt | cut -d, -f1 | sort -rn | cmp - "$(sed 1d out.txt | cut -d, -f1 >got; echo got)" && wc -l <out.txt)" "$((many + 1))"
sluice orders list --imeis list.txt --limit 7 --format csv >out.txt
check "the newest seven of them" "$(sed 1d out.txt | cut -d, -f2 | tr '\n' ' ')" \
    "$(awk -v n="$many" 'BEGIN { for (i = n - 1; i >= n - 7; i--) printf "m%d ", i }')"
check "and counted" "$(sluice orders count)" "$((many + 7))"
page() { # OPTIONS: order ids and keys
    printf 'name: page\nsource:\n  supabase: {fields: [order_id], keyed: true, order: newest, limit: 2%s}\nsinks:\n  - csv: {path: page.csv}\n' "$1" >page.yaml
    rm -f page.csv
    sluice run page.yaml >/dev/null
    sed 1d page.csv | tr '\n' ' '
}
first=$(page '')
key=$(echo "$first" | sed 's/.*,\([0-9]*\) $/\1/')
check "a page has keys, and the next one begins behind the last" \
    "$(page ", after: \"$key\"" | sed 's/,[0-9]*//g')$(page ", after: \"$key\", status: [nothing]")" "m$((many - 3)) m$((many - 4)) "
check "nothing is older than the first" "$(page ', until: "2001-01-01"')" ""

# --- a table of another kind ---
sql "CREATE TABLE parts(id bigserial PRIMARY KEY, sku text UNIQUE, price numeric, note text);
     GRANT SELECT, INSERT, UPDATE ON parts TO service_role; GRANT USAGE ON SEQUENCE parts_id_seq TO service_role" >sql.txt
until_written parts sku 200
printf 'sku,price,note\na,1.50,x\nb,2,\na,3,last\n' >orders.csv
load_yaml 'table: parts, conflict: sku'
sluice run load.yaml
check "by another key, the last of the same wins" "$?$(sql "select sku, price, note from parts order by sku" | tr '\n' ' ')" "0a|3|last b|2| "
printf 'sku,note\na,\n' >orders.csv
sluice run load.yaml
check "and is written as it is" "$?$(sql "select sku, price, note from parts order by sku" | tr '\n' ' ')" "0a|3| b|2| "
check "keys are in no message" "$(no_key_in err.txt out.json out.txt state/*.log 2>/dev/null)" 0
plan
