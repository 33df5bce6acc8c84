#!/bin/sh
# Orders complete themselves: what the provider means by its results, in every form it writes them in, is what
# the store says afterwards; and whatever goes wrong on the way marks nothing wrongly.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-2000}
sync_file=$here/../../pipelines/sync-pending.yaml

sync() { # [FILE]: one run; as run() does
    "$SLUICE" --state-dir "$home/state" run "${1:-$sync_file}" --json >out.json 2>err.txt
    code=$?
    summary=$(tail -1 out.json)
}
store_file=imei_orders.db
db() { store_sql "$1"; }
contents() { db "select order_id, provider, imei, status, carrier, result_code, raw_response, updated_at from orders order by id" | cksum; }
sandbox() { # faults: the same books again
    stop_sandbox
    start_sandbox --state books "$@"
}
place() { # N FIRST
    sandbox --option complete_after=1h
    csv "$1" 0 "$2" >imeis.csv
    pipeline
    sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
    run
}
pending() { db "select count(*) from orders where status in ('Pending', 'In Process')"; }
meant() { db "select imei from orders where provider = 'gsm_fusion' order by id" | awk -f "$here/results.awk"; }
said() {
    db "select imei, status, coalesce(carrier, ''), coalesce(simlock, ''), coalesce(model, ''), coalesce(fmi, ''),
        coalesce(imei2, ''), replace(coalesce(result_code_display, ''), '
', '~'),
        case when result_code like '%NCK-%' or result_code = 'Invalid_IMEI' then result_code else '' end,
        coalesce(json_extract(raw_response, '\$.pairs.\"Next Tether Policy\"'), '')
        from orders where provider = 'gsm_fusion' order by id"
}
differ() {
    meant >meant.txt
    said >said.txt
    diff meant.txt said.txt | grep -c '^[<>]'
}

begin_store

# --- the life of an order ---
place "$rows" 1
check "placed" "$(sum placed)" "$rows"
before=$(contents)
sync
check "not ready yet: exit code" "$code" 0
check "not ready yet: all stay" "$(pending)" "$rows"
check "not ready yet: read and passed on" "$(sum read) $(sum passed)" "$rows $rows"
sandbox --option complete_after=0s
sync
check "ready: exit code" "$code" 0
check "ready: the sums hold" "$(sums_hold)" yes
check "ready: none is left" "$(pending)" 0
check "ready: every field is as the provider means it" "$(differ)" 0
check "ready: what placing kept is still there" "$(db "select count(*) from orders where json_extract(raw_response, '\$.place.id') = order_id and json_extract(raw_response, '\$.check.id') = order_id")" "$rows"
check "ready: each rejected one is refunded in the ledger" "$(ledger_count refunded)" "$(db "select count(*) from orders where status = 'Rejected'")"
check_match "and who said so, on one line" "$("$SLUICE" --state-dir "$home/state" ledger show "$(
    db "select order_id from orders where status = 'Rejected' limit 1")")" '  T13  refunded   gsm_fusion\.check  [^?]*$'
check "ready: the others stay placed" "$(ledger_count placed)" "$(db "select count(*) from orders where status = 'Completed'")"
before=$(contents)
sync
check "again: nothing is read" "$(sum read)" 0
check "again: nothing changes" "$(contents)" "$before"

# --- only its own ---
place 40 100001
db "update orders set provider = 'dhru' where id % 2 = 0 and status = 'Pending'"
db "insert into orders (order_id, provider, account, imei, status) select order_id, 'dhru', account, imei, 'Pending' from orders where status = 'Pending' and provider = 'gsm_fusion'"
sandbox --option complete_after=0s
sync
check "another provider's orders pass by" "$(db "select count(*), count(result_code) from orders where provider = 'dhru' and status = 'Pending'")" "40|0"
check "its own don't" "$(db "select count(*) from orders where provider = 'gsm_fusion' and status = 'Pending'")" 0
db "delete from orders where provider = 'dhru'"

# --- what goes wrong ---
place 300 200001
sandbox --option complete_after=0s --fault html@free
before=$(contents)
sync
check "HTML for an answer: exit code" "$code" 69
check "HTML for an answer: nothing changes" "$(contents)" "$before"
check "HTML for an answer: the sums hold" "$(sums_hold)" yes
check_match "HTML for an answer: the message" "$(cat err.txt)" "an HTML page"
sandbox --option complete_after=0s --fault html@free=every:2
sync
check "every second answer is HTML: exit code" "$code" 0
check "every second answer is HTML: none is left" "$(pending)" 0

place 300 300001
sandbox --option complete_after=0s --fault http-500:503@free=every:3 --fault status-half
sync
check "half is left out: exit code" "$code" 0
check "half is left out: it stays" "$(pending)" 150
check_match "half is left out: the message" "$(cat err.txt)" "150 records left out of the provider's replies; kept as they are"
check_match "the message names the action" "$(cat err.txt)" "gsm_fusion.check: 150"

place 150 400001
db "insert into orders (order_id, provider, account, imei, status) values ('17', 'gsm_fusion', 'tester@sandbox', '001001001234563', 'Pending'), ('1,2', '', '', '004400000000016', 'Pending')"
sandbox --option complete_after=0s --fault status-strict
sync
check "an unknown order: exit code" "$code" 0
check "an unknown order: the others are done" "$(db "select group_concat(order_id) from orders where status = 'Pending'")" "17,1,2"
check_match "an unknown order: the message" "$(cat err.txt)" "order 17 .*: Invalid Order ID"
check_match "no order id: the message" "$(cat err.txt)" "'1,2' is no order id"
db "delete from orders where status = 'Pending'"

place 3 500001
sandbox --option complete_after=0s
db "update orders set imei = '008600000000017' where id = (select max(id) from orders)"
sync
check "a reply for another IMEI: it stays" "$(db "select imei, count(*) from orders where status = 'Pending' group by imei")" "008600000000017|1"
check_match "a reply for another IMEI: an error" "$(cat err.txt)" "error: .*the reply says that it is for IMEI 00[0-9]*, the record for 008600000000017"
db "delete from orders where status = 'Pending'"

place 400 600001
sandbox --option complete_after=0s --fault status-slow:10ms
cat >slow.yaml <<EOT
name: slow
source:
  orders: {status: Pending}
actions:
  - gsm_fusion.check: {limits: {timeout: 600ms, concurrency: 2}}
sinks:
  - orders: {}
EOT
sync slow.yaml
check "too slow for a hundred at once: exit code" "$code" 0
check "too slow for a hundred at once: none is left" "$(pending)" 0

place 20 700001
sandbox --option complete_after=0s --option api_key=another
before=$(contents)
sync
check "wrong credentials: exit code" "$code" 77
check "wrong credentials: nothing changes" "$(contents)" "$before"
sandbox --option complete_after=0s
sed 's/timeout: 600ms, concurrency: 2}/timeout: 60s}, where: {imei: "nobody"}/' slow.yaml >where.yaml
sync where.yaml
check "where lets nothing through: passed by" "$(sum passed) $(pending)" "20 20"

# --- stopped in the middle, with a local action behind it; and a source that asks, too ---
place 400 800001
sandbox --option complete_after=0s --fault status-slow:10ms
sed 's/{limits: .*/{list: 10, limits: {concurrency: 1}}\n  - imei: {}/' slow.yaml >stop.yaml
"$SLUICE" --state-dir "$home/state" run stop.yaml --json >out.json 2>err.txt &
pid=$!
while kill -0 $pid 2>/dev/null && [ "$(pending)" -gt 400 ]; do sleep 0.05; done
kill -TERM $pid
wait $pid
check "stopped: exit code" $? 75
summary=$(tail -1 out.json)
check "stopped: the sums hold" "$(sums_hold)" yes
check "stopped: what was answered is stored" "$(pending)" $((420 - $(sum passed)))
sandbox --option complete_after=0s
printf 'source:\n  gsm_fusion.services: {}\nactions:\n  - gsm_fusion.check: {}\nsinks:\n  - csv: {path: services.csv}\n' >services.yaml
sync services.yaml
check "services have no order: exit code" "$code" 0
check_match "services have no order: they pass by" "$(sed -n 2p services.csv)" '^1739,'

# --- found in the provider's list, and complete by then: its result is asked for all the same ---
sandbox --option complete_after=0s --fault close=every:2
csv 32 0 900001 >imeis.csv
pipeline "limits: {concurrency: 1}"
sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
run
check "orders whose reply was lost are found in the list" "$(sum placed) $(ledger_count in_doubt)" "32 0"
check "without a result none is at its end" "$(db "select count(*) from orders where status in ('Completed', 'Rejected') and result_code is null and coalesce(raw_response, '') not like '%\"check\"%'")" 0
sandbox --option complete_after=0s
sync
check "the rejected ones among them are refunded, too" "$(ledger_count refunded)" "$(db "select count(*) from orders where status = 'Rejected' and provider = 'gsm_fusion'")"
check "every field of all is as the provider means it" "$(differ)" 0
plan
