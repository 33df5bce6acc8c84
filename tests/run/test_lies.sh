#!/bin/sh
# A provider that says something wrong of orders: of another IMEI, of one that it wasn't asked about, twice, back
# from the end, of another account's. Nothing is marked wrongly, in the store or in the ledger.
. "$(dirname "$0")/lib.sh"
db() { sqlite3 -separator '|' orders.db "$1"; }
state_of() { # ID: the state in the ledger, of the account that orders
    sqlite3 state/ledger.db "select state from orders join accounts on accounts.id = orders.account
        where order_id = '$1' and accounts.account = 'tester@sandbox'"
}
refunds() { sqlite3 state/ledger.db 'select ifnull(sum(orders), 0) from events where transition = 13'; }
order() { # ID IMEI STATUS [CODE]: one in the reply
    printf '<imeis><id>%s</id><package>A</package><imei>%s</imei><status>%s</status><code>%s</code></imeis>' "$1" "$2" "$3" "${4:-}"
}
reply() { printf '<?phpxml version="1.0" encoding="utf-8"?><result>%s</result>' "$*" >reply.xml; }
ask() { # [STATUS…]: those of the store that have one of them are asked about
    rm -f asked.txt
    cat >sync.yaml <<EOT
name: sync
source: {sqlite: {path: orders.db, status: [${1:-Pending}]}}
actions: [gsm_fusion.check: {}]
sinks: [sqlite: {path: orders.db}]
EOT
    "$SLUICE" --state-dir state run sync.yaml --json >out.json 2>err.txt
    code=$?
    summary=$(tail -1 out.json)
}
pending() { db "update orders set status = 'Pending', result_code = null, carrier = null"; }
everything() { db 'select * from orders order by id' | cksum; }

# Four orders that were paid; 3 (placed) in the ledger.
start_sandbox --option complete_after=1h
csv 4 >imeis.csv
pipeline
run
check "four are placed" "$code $(stored)" "0 4"
stop_sandbox
for n in 1 2 3 4; do eval "id$n=$(db "select order_id from orders where id = $n") imei$n=$(db "select imei from orders where id = $n")"; done
mkfifo ready
python3 "$here/liar.py" >ready 2>liar.txt &
sandbox_pid=$! # it is ended as that is
IFS= read -r GSM_FUSION_BASE_URL <ready
rm ready
export GSM_FUSION_BASE_URL
good='Carrier: T-Mobile USA'

# --- another IMEI ---
before=$(everything)
reply "$(order "$id1" "$imei2" Rejected no)$(order "$id2" "$imei1" Completed "$good")"
ask
check "of another IMEI: nothing changes" "$(everything)" "$before"
check "of another IMEI: nothing is paid back" "$(state_of "$id1") $(state_of "$id2") $(refunds)" "3 3 0"
check_match "of another IMEI: each is named" "$(cat err.txt)" "order $id1.*: the reply says that it is for IMEI $imei2, the record for $imei1"

# --- orders that weren't asked about ---
db "update orders set status = 'Completed', result_code = 'x' where id > 2"
before=$(db 'select * from orders where id > 2')
reply "$(order "$id3" "$imei3" Rejected no)$(order "$id4" "$imei4" Pending)$(order "$id1" "$imei1" Completed "$good")"
ask
check "not asked about: which those are" "$(cat asked.txt)" "$id1,$id2"
check "not asked about: they stay as they are" "$(db 'select * from orders where id > 2')" "$before"
check "not asked about: nothing is paid back" "$(state_of "$id3") $(refunds)" "3 0"
check "not asked about: the others are told of" "$(db 'select status, carrier from orders where id < 3')" "Completed|T-Mobile USA
Pending|"
check_match "not asked about: named" "$(cat err.txt)" "the reply has order '$id3'.*which wasn.t asked for"

# --- two answers for one order ---
pending
before=$(everything)
reply "$(order "$id1" "$imei1" Completed "$good")$(order "$id1" "$imei1" Rejected no)"
ask
check "contradicts itself: nothing changes" "$(everything) $(state_of "$id1") $(refunds)" "$before 3 0"

# --- no status, an unknown one, an empty id ---
reply "$(order "$id1" "$imei1" '')$(order "$id2" "$imei2" Refunded)$(order '' "$imei3" Rejected)$(order "0" "$imei4" Rejected)"
ask
check "no status, or one that nobody knows: nothing changes" "$(everything) $(refunds)" "$before 0"
check_match "no status, or one that nobody knows: named" "$(cat err.txt)" "'Refunded'"

# --- done, without a result ---
reply "$(order "$id1" "$imei1" Completed)"
ask
check "done without a result: no result is made up" "$(db "select status, result_code, carrier from orders where id = 1")" "Completed||"
check "done without a result: bought all the same" "$(state_of "$id1") $(refunds)" "3 0"

# --- paid back, again and again ---
pending
reply "$(order "$id2" "$imei2" Rejected no)$(order "$id2" "$imei2" Rejected no)"
ask
check "paid back twice in one reply: once" "$(state_of "$id2") $(refunds) $(db 'select status from orders where id = 2')" "7 1 Rejected"
spent=$(sqlite3 state/ledger.db 'select sum(amount) from totals where state = 3')
pending
ask
check "and in the next one: still once" "$(state_of "$id2") $(refunds)" "7 1"
check "what counts as spent, too" "$(sqlite3 state/ledger.db 'select sum(amount) from totals where state = 3')" "$spent"
pending
reply "$(order "$id2" "$imei2" Completed "$good")"
ask
check "after that it is done: the refund stays in the ledger" "$(state_of "$id2") $(refunds)" "7 1"

# --- back from the end ---
db "update orders set status = 'Completed', result_code = '$good', carrier = 'T-Mobile USA'"
before=$(db 'select id, status, result_code, carrier from orders order by id')
reply "$(order "$id1" "$imei1" Pending)$(order "$id2" "$imei2" 'In Process')$(order "$id3" "$imei3" Completed)$(order "$id4" "$imei4" Pending x)"
ask Completed
check "back to Pending: what is done stays done, with its result" "$(db 'select id, status, result_code, carrier from orders order by id')" "$before"

# --- another account's orders ---
pending
sqlite3 state/ledger.db "insert into accounts (provider, account) values ('gsm_fusion', 'other@sandbox');
    create temp table o as select * from orders where order_id = '$id3';
    update o set id = (select max(id) + 1 from orders), key = randomblob(16), account = (select max(id) from accounts);
    insert into orders select * from o"
db "update orders set account = 'other@sandbox' where id = 4"
before=$(db 'select * from orders where id = 4')
reply "$(order "$id3" "$imei3" Rejected no)$(order "$id4" "$imei4" Rejected no)"
ask
check "another account's order isn't asked about" "$(cat asked.txt)" "$id1,$id2,$id3"
check "nor changed, whatever the reply says of it" "$(db 'select * from orders where id = 4') $(state_of "$id4")" "$before 3"
check "an order id that two accounts have is this one's" "$(state_of "$id3") $(refunds)" "7 2"
check "the other one's stays placed" "$(sqlite3 state/ledger.db "select state from orders join accounts on accounts.id = orders.account where accounts.account = 'other@sandbox'")" 3

# --- one that makes the site fail ---
pending
db "update orders set account = ''"
reply "$(order "$id1" "$imei1" Completed "$good")$(order "$id2" "$imei2" Completed "$good")$(order "$id3" "$imei3" Completed "$good")$(order "$id4" "$imei4" Completed "$good")"
echo "$id2" >poison.txt
ask
check "it makes the site fail: exit code" "$code" 69
check "it makes the site fail: the others get their results" "$(db "select group_concat(order_id) from orders where status = 'Pending'")" "$id2"
pending
sed 's/^source:/trigger: {every: 1s}\n&/' sync.yaml >service.yaml
"$SLUICE" --state-dir fresh serve --listen 127.0.0.1:0 service.yaml >serve.out 2>serve.log &
serve_pid=$!
until grep -q 'can.t be asked about now' serve.log && [ "$(db "select count(*) from orders where status = 'Completed'")" = 3 ]; do kill -0 $serve_pid || break; sleep 0.05; done
kill $serve_pid; wait $serve_pid
check "it doesn't put off the next sync of the service" "$? $(grep -c 'failed with exit code' serve.log)" "0 0"
"$SLUICE" --state-dir fresh serve --listen 127.0.0.1:0 service.yaml >serve.out 2>serve.log & # now it is the only one that waits
serve_pid=$!
until [ "$(grep -c 'can.t be asked about now' serve.log)" -ge 2 ]; do kill -0 $serve_pid || break; sleep 0.05; done
kill $serve_pid; wait $serve_pid
check "nor when no other order waits" "$? $(grep -c 'failed with exit code' serve.log)" "0 0"
echo 0 >poison.txt
ask
check "when it no longer does, it has its own" "$code $(db "select count(*) from orders where status = 'Completed'")" "0 4"

# --- references to no character ---
pending
reply "$(order "$id1" "$imei1" Completed 'Model: a&#27;b')$(order "$id2" "$imei2" Completed 'Model: A &amp;amp; B&lt;br&gt;Carrier: C')"
ask
check "a reference to no character: the next order's result is whole" "$(db "select model, carrier from orders where order_id = '$id2'")" "A & B|C"
plan
