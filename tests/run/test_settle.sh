#!/bin/sh
# Orders whose outcome is unknown, and ledgers that were lost: what the provider and the store know settles it,
# nobody is charged twice, and every paid order reaches the store with its id.
. "$(dirname "$0")/lib.sh"
fresh() { rm -rf state orders.db* rejected.csv; }
# Orders of the sandbox and of the store, as "IMEI ID" lines.
bought() { sqlite3 "$home/orders.db" "select imei || ' ' || order_id from orders order by 1"; }

csv 40 >imeis.csv
pipeline "limits: {concurrency: 4, timeout: 1s}"

# --- a lost reply is settled within the run -------------------------------------------------------
for fault in http-500 close truncate html-after empty garbage hang; do
    fresh
    start_sandbox --fault "$fault=first" --fault charge-always
    run
    check "$fault: found at the provider, and stored" "$code $(sum placed) $(sum in_doubt) $(stored)" "0 40 0 40"
    check "$fault: charged once, the sums hold" "$(books most_charges) $(books charged) $(sums_hold)" "1 40 yes"
    check "$fault: the spent sum has it" "$(sum spent)" "3.20"
    check "$fault: the row's last line says so" "$(grep -c '"state":"placed"' out.json) $(grep -c '"state":"in_doubt"' out.json)" "40 1"
    stop_sandbox
done

# --- a provider that never answers: placing stops to ask, and goes on -----------------------------
fresh
start_sandbox --fault close=all --fault charge-always
run
check "every reply lost: all found" "$code $(sum placed) $(stored)" "0 40 40"
check "every reply lost: each charged once" "$(books most_charges) $(books charged)" "1 40"

# --- the state directory is lost ------------------------------------------------------------------
before=$(books charged)
rm -rf state
run
check "state lost: nothing is paid" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 40 $before"
check_match "state lost: said" "$(cat err.txt)" '40 orders of the store count as ordered'
rm -rf state orders.db
run
check "state and store lost: nothing is paid" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 40 $before"
check_match "state and store lost: said" "$(cat err.txt)" 'lists 40 orders that this ledger doesn.t know'
stop_sandbox

# --- the provider forgets, the store doesn't ------------------------------------------------------
fresh
start_sandbox --fault charge-always
run
check "placed" "$code $(stored)" "0 40"
stop_sandbox
rm -rf state
start_sandbox --fault charge-always # with books of its own
run
check "an empty ledger and a full store: nothing is paid" "$code $(sum duplicate) $(books charged)" "0 40 0"
check "the store is as it was" "$(stored)" 40
# Rows of another provider or account are theirs.
rm -rf state
sqlite3 orders.db "update orders set order_id = 'old-' || order_id; -- the new books begin with the same numbers
                   update orders set account = 'other' where rowid <= 10;
                   update orders set provider = 'dhru' where rowid between 11 and 15;
                   update orders set provider = '', account = '' where rowid between 16 and 20"
run
check "rows of others don't count" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 15 25 15"
stop_sandbox

# --- the list can't be had: the third free call of a run, behind prices and balance ------------------
fresh
start_sandbox --fault html@free=every:3
run --limit 2
check "a new ledger without the provider's list: nothing is sent" "$code $(books charged)" "69 0"
check_match "and why" "$(cat err.txt)" "this ledger is new, and the provider's list of recent orders can't be had"
sqlite3 orders.db "create table orders (order_id text, imei text, service_id text);
    insert into orders values ('77', '004400000000016', '1739')"
run --limit 2
run --limit 2
check "nor when the store is known meanwhile" "$code $(books charged) $(ledger_count exists)" "69 0 1"
stop_sandbox
fresh
start_sandbox --state books.json
run --limit 2
stop_sandbox
start_sandbox --state books.json --fault html@free=every:3
run --limit 4
check "a ledger that knows the account: a warning" "$code $(sum placed) $(grep -c 'so nothing in doubt is settled' err.txt)" "0 2 1"
stop_sandbox
# --- what only the provider knows is paid for all the same: it reaches the store ----------------------
fresh
start_sandbox --fault charge-always
run
cp orders.db whole.db
rm -rf state orders.db*
run
check "state and store lost: nothing is paid, all of it is stored" "$code $(sum duplicate) $(sum settled) $(stored) $(books charged)" "0 40 40 40 40"
check "with what an order has there, but for what it has cost, which the list doesn't say" "$(sqlite3 orders.db "select count(*)
    from orders where service_id = '1739' and service_name like 'Apple Carrier%' and credits is null and status = 'Pending' and
    order_date like '20%' and provider = 'gsm_fusion' and account = 'tester@sandbox'") $(bought | cksum)" \
    "40 $(sqlite3 whole.db "select imei || ' ' || order_id from orders order by 1" | cksum)"
check_match "said" "$(cat err.txt)" "the provider lists 40 orders that this ledger doesn't know: they count as ordered, and go to the sinks"
run
check "once" "$code $(sum duplicate) $(sum settled) $(stored)" "0 40 0 40"
fresh
rm -rf gone
sed -i 's|orders.db|gone/orders.db|' place.yaml
run
check "no store to write: nothing is paid" "$code $(ledger_count exists) $(books charged)" "73 40 40"
mkdir gone
run --limit 1
check "the next run delivers, whatever it reads" "$code $(sum read) $(sqlite3 gone/orders.db 'select count(*) from orders') $(books charged)" "0 1 40 40"
rm -rf gone whole.db
pipeline "limits: {concurrency: 4, timeout: 1s}"
fresh
stop_sandbox

# --- two pipelines with a store each, and a provider that lists little ------------------------------
fresh
rm -f other.db*
start_sandbox --fault charge-always --fault list-depth:3
run
mv place.yaml one.yaml && sed 's/name: place/name: other/; s/orders.db/other.db/; s/imeis.csv/others.csv/' one.yaml >place.yaml
csv 20 0 100 >others.csv
run
check "two stores" "$code $(stored) $(sqlite3 other.db 'select count(*) from orders') $(books charged)" "0 40 20 60"
rm -rf state
run
check "state lost: the second pipeline's store" "$code $(sum duplicate) $(books charged)" "0 20 60"
mv one.yaml place.yaml
run
check "and the first one's, although the ledger isn't new by then" "$code $(sum duplicate) $(books charged)" "0 40 60"
check_match "said" "$(cat err.txt)" 'orders of the store are news'
run
check "each is read once" "$code $(sum duplicate) $(grep -c 'they count as ordered' err.txt)" "0 40 0"
stop_sandbox

# --- a ledger that has orders, and a store into which older ones come ------------------------------
fresh
start_sandbox --fault charge-always
run --limit 1
check "one is placed" "$code $(sum placed)" "0 1"
rm -f old.db
sqlite3 old.db "create table orders (id integer primary key, order_id text unique, imei text, service_id text, service_name text)"
sed -n '3,22s/,.*//p' imeis.csv | awk '{ print "insert into orders(order_id, imei, service_id, service_name) values(" 700 + NR ", " \
    "\047" $1 "\047, " (NR > 15 ? "null" : "1739") ", \047Gone\047);" }' | sqlite3 old.db
"$SLUICE" --state-dir "$home/state" -q store copy old.db orders.db >out.txt 2>&1
run --limit 16
check "an import counts as ordered" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 16 1"
check_match "said" "$(cat err.txt)" '15 orders of the store are news to this ledger; they count as ordered'
run --limit 16
check_match "what can't be told is named, in each run" "$(cat err.txt)" \
    'what service 5 orders of the store are for can.t be told: nothing new .*; the first is order 720, service .Gone.: put .* service_id'
planned=$("$SLUICE" --state-dir state plan place.yaml --limit 21 --json 2>err.txt)
check_match "so does the plan" "$(cat err.txt)" 'what service 5 orders of the store are for'
check_match "which orders nothing for them" "$planned" '"new":0,.*"invalid":5,.*"cost":"0\.00"'
run --limit 21
check "nothing is ordered that may be ordered already" "$code $(sum placed) $(sum duplicate) $(sum rejected) $(books charged)" "10 0 16 5 1"
check_match "a row with its reason" "$(cat rejected.csv)" 'held,"?may be ordered already: what service order 720 \(.Gone.\) is for'
sqlite3 orders.db "update orders set service_id = '1739' where service_name = 'Gone'"
run --limit 21
check "put right, it counts" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 21 1"
run
check "the rest is placed" "$code $(sum placed) $(sum duplicate) $(books most_charges) $(books charged)" "0 19 21 1 20"
check "nothing is warned of any more" "$(grep -c 'of the store' err.txt)" 0
stop_sandbox

# --- what isn't proven stays in doubt, and holds only itself --------------------------------------
fresh
settle=none
pipeline "limits: {concurrency: 4, timeout: 1s}"
start_sandbox --fault close=every:10 --fault charge-always
run
check "a site without a list: in doubt" "$code $(sum placed) $(sum in_doubt)" "11 36 4"
run
check "again: still in doubt, nothing is sent" "$code $(sum duplicate) $(sum in_doubt) $(books charged)" "11 36 4 40"
settle=
pipeline "limits: {concurrency: 4, timeout: 1s}"
run
check "with a list: the next run finds them" "$code $(sum settled) $(sum duplicate) $(sum in_doubt) $(stored)" "0 4 40 0 40"
check "each charged once" "$(books most_charges) $(books charged)" "1 40"
check "with their evidence" "$("$SLUICE" --state-dir state ledger list --json >/dev/null; sqlite3 state/ledger.db \
    "select count(*) from events where transition = 10 and evidence like 'the provider lists order %'")" 4
stop_sandbox

# --- too much in doubt at once, in all runs together ----------------------------------------------
fresh
settle=none
pipeline "limits: {concurrency: 1, timeout: 1s}" "spend: {max_run: 100, max_in_doubt: 3}"
start_sandbox --fault close=every:4 --fault charge-always
run --limit 9
check "two in doubt" "$code $(sum placed) $(sum in_doubt)" "11 7 2"
run
check "the third stops placing" "$code $(sum in_doubt) $(sums_hold)" "11 3 yes"
check_most "after what was under way" "$(sum placed)" 6
known=$((9 + $(sum placed) + 1))
check_match "and says what to do" "$(cat err.txt)" 'too many orders are in doubt \(3\).*ledger settle.*ledger resolve'
run
check_match "an order that only the ledger has: orders show says where" "$("$SLUICE" --state-dir state orders show "$(
    "$SLUICE" --state-dir state ledger list --state in_doubt --limit 1 --json | sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p')" \
    -f place.yaml 2>&1)" "the store has no order '0[0-9]*', but the ledger knows of one: see 'sluice ledger show 0"
check_match "the plan says that none will be ordered" "$("$SLUICE" --state-dir state plan place.yaml)" \
    '^3 orders of the account are in doubt, spend\.max_in_doubt allows fewer than 3: nothing is ordered.*ledger settle'
check "nothing new is bought, what is known is answered" "$code $(sum placed) $(($(sum duplicate) + $(sum in_doubt)))" "11 0 $known"
settle=
pipeline "limits: {concurrency: 1, timeout: 1s}" "spend: {max_run: 100, max_in_doubt: 3}"
check "the plan has what a run would settle first" "$("$SLUICE" --state-dir state plan place.yaml | grep -c 'max_in_doubt')" 0
run
check "once settled it goes on to the end" "$code $(sum settled) $(stored) $(books most_charges) $(books charged)" "0 3 40 1 40"
stop_sandbox

# --- `ledger settle`: without a run, and the next run delivers ------------------------------------
ledger() { "$SLUICE" --state-dir "$home/state" ledger "$@" 2>err.txt; }
fresh
settle=none
pipeline "limits: {concurrency: 2, timeout: 1s}"
start_sandbox --fault close=every:10 --fault charge-always
run
check "four in doubt" "$code $(sum in_doubt) $(stored)" "11 4 36"
"$SLUICE" --state-dir "$home/state" ledger settle --json >settled.json 2>err.txt
check "ledger settle: by the environment" "$? $(grep -o '"state":"placed"' settled.json | wc -l) $(grep -o '"placed":4,"exists":0,"released":0,"in_doubt":0' settled.json | wc -l)" "0 4 1"
check "ledger settle: with evidence" "$(grep -o '"evidence":"the provider lists order [0-9]*' settled.json | wc -l)" 4
check "ledger settle: nothing is stored yet" "$(stored) $(ledger_count in_doubt) $(ledger_count placed)" "36 0 40"
ledger settle >out.txt; check "again: nothing to do" "$? $(cat out.txt)" "0 "
head -1 imeis.csv >none.csv
sed -i 's/imeis.csv/none.csv/' place.yaml
run
check "the next run delivers, whatever it reads" "$code $(sum read) $(stored) $(books charged)" "0 0 40 40"
check "with what an order has in the store" "$(sqlite3 orders.db "select count(*) from orders where service_id = '1739' and
    service_name like 'Apple Carrier%' and credits = '0.08' and provider = 'gsm_fusion' and account = 'tester@sandbox' and
    order_date like '20%' and status <> ''")" 40
stop_sandbox

# --- `ledger settle`: an account that can't be asked for holds up no other ---------------------------
fresh
settle=none
start_sandbox --fault close=every:2 --fault charge-always
for account in elsewhere tester@sandbox; do
    pipeline "account: $account, limits: {concurrency: 1, timeout: 1s}"
    run --limit 2
done
check "two accounts with an order in doubt each" "$(ledger_count in_doubt)" 2
"$SLUICE" --state-dir "$home/state" ledger settle --json >settled.json 2>err.txt
check "ledger settle: the exit code is the worst" "$?" 78
check_match "the account is named" "$(cat err.txt)" "gsm_fusion, account 'elsewhere': orders of the account 'elsewhere' are in doubt, and the environment is that of 'tester@sandbox'"
check_match "one JSON object, with what was settled and what wasn't" "$(cat settled.json)" \
    '^\{"orders":\[\{[^]]*"state":"placed"[^]]*\],"placed":1,.*"failed":\[\{"provider":"gsm_fusion","account":"elsewhere","exit":78,"reason":"orders of .*\}\]\}$'
check "on one line" "$(wc -l <settled.json) $(ledger_count in_doubt)" "1 1"
sed -i 's/account: tester@sandbox/account: elsewhere/; s/, settle: none//' place.yaml
"$SLUICE" --state-dir "$home/state" ledger settle -f place.yaml --json >settled.json 2>err.txt
check_match "with its pipeline it is settled" "$? $(cat settled.json)" '^0 .*"placed":1,.*"failed":\[\]\}$'
stop_sandbox

# --- nothing but the provider's word that its list is complete proves that it isn't there ---------
fresh
settle=complete
pipeline "limits: {concurrency: 1, timeout: 1s}" "spend: {max_run: 100, settle_after: 10m}"
start_sandbox --fault html=first --fault foreign-order
run --limit 5
check "not charged, but who knows" "$code $(sum placed) $(sum in_doubt) $(books charged)" "11 4 1 4"
ledger settle -f place.yaml >out.txt
check_match "too early" "$? $(tail -1 out.txt)" "^11 .*may still appear there until"
check_match "when it isn't" "$(cat err.txt)" "1 of these may be decided when this is run again after 20[0-9-]* [0-9:]* UTC"
check_match "and what a person can do" "$(cat err.txt)" "sluice ledger resolve KEY --placed ORDER_ID"
past() { sqlite3 state/ledger.db "update orders set sent_ms = sent_ms - $1 * 60000 where state = 4; update missed set at_ms = at_ms - $1 * 60000"; }
sqlite3 state/ledger.db 'delete from missed'
past 12
ledger settle -f place.yaml >out.txt
check_match "one list isn't enough" "$? $(tail -1 out.txt)" "^11 .*a second list"
ledger settle -f place.yaml >out.txt
check_match "nor are two at once" "$? $(tail -1 out.txt)" "^11 .*a second list"
past 2
ledger settle >out.txt
check_match "without the pipeline the list isn't known to be complete" "$? $(tail -1 out.txt)" "^11 .*nothing says that the list is complete"
ledger settle -f place.yaml >out.txt
check_match "two, a minute apart, are" "$? $(tail -1 out.txt)" "^0 .*released.*two complete lists lack it"
run --limit 5
check "released: bought now, once" "$code $(sum placed) $(sum duplicate) $(books most_charges) $(books charged)" "0 1 4 1 5"
check "somebody else's order is in the store as well" "$(stored)" 6
stop_sandbox

# --- "duplicate": did we buy it, or somebody before us? The provider's clock is found out ------------
for zone in +3h -5h; do
    fresh
    settle=complete
    pipeline "limits: {concurrency: 1, timeout: 1s}"
    start_sandbox --fault taken:1d=every:4 --fault "timezone:$zone"
    run --limit 8
    check "zone $zone: bought a day before: it exists, and isn't ours" \
        "$code $(sum placed) $(sum duplicate) $(sum in_doubt) $(ledger_count exists) $(sums_hold)" "0 6 2 0 2 yes"
    check "zone $zone: not in the store" "$(stored) $(books charged)" "6 6"
    stop_sandbox
    fresh
    start_sandbox --fault resent=every:4 --fault "timezone:$zone"
    run --limit 8
    check "zone $zone: a proxy sent it twice: it is ours" \
        "$code $(sum placed) $(sum duplicate) $(sum in_doubt) $(stored) $(books charged)" "0 8 0 0 8 8"
    stop_sandbox
done
fresh
settle=
pipeline "limits: {concurrency: 1, timeout: 1s}"
start_sandbox --fault taken:1d=every:4
run --limit 8
check "of a list that may be a part nothing is concluded" "$code $(sum placed) $(sum in_doubt)" "11 6 2"
run --limit 8
check "what the list settles not is said once in a run" "$code $(sum in_doubt) $(grep -c 'the provider.s list settles none of them' err.txt)" "11 2 1"
stop_sandbox

# --- a person decides ------------------------------------------------------------------------------
fresh
settle=none
pipeline "limits: {concurrency: 1, timeout: 1s}"
start_sandbox --fault close=every:2 --fault charge-always
run --limit 4
check "two in doubt" "$code $(sum placed) $(sum in_doubt)" "11 2 2"
key() { sqlite3 state/ledger.db "select lower(hex(key)) from orders where state = 4 order by id limit 1"; }
imei=$(sqlite3 state/ledger.db "select identifier from orders where state = 4 order by id limit 1")
other=$(sqlite3 orders.db "select order_id from orders order by order_id limit 1")
wrong=$((other + 3)) # the other one in doubt
ledger resolve; check "without a key: 64" "$?" 64
ledger resolve "$(key)"; check "without a decision: 64" "$?" 64
ledger resolve "$(key)" --not-placed; check "not placed without a reason: 64" "$?" 64
ledger resolve 00000000000000000000000000000000 --not-placed --reason x; check "a key that isn't in doubt: 65" "$?" 65
ledger resolve "$(key)" --placed "$other"; check "an order id of another order: 65" "$?" 65
ledger resolve "$(key)" --placed 99; check_match "an order id that the provider doesn't know: 65" "$? $(cat err.txt)" '^65 .*knows no order 99'
ledger resolve "$(key)" --placed "$wrong"; check_match "an order for another identifier: 65" "$? $(cat err.txt)" "^65 .*order $wrong is for [0-9]*, not for $imei"
check "nothing has changed" "$(ledger_count in_doubt)" 2
ledger resolve "$imei" --placed $((other + 1)) >out.txt
check_match "the right one" "$? $(cat out.txt)" "^0 $imei is placed as order $((other + 1))"
check "checked, and by whom" "$(sqlite3 state/ledger.db "select count(*) from events where transition = 10 and
    who = '$(id -un)' and evidence like 'checked: the provider lists order%'")" 1
run --limit 4
check "the next run delivers it" "$code $(sum in_doubt) $(stored) $(books charged)" "11 1 3 4"
imei=$(sqlite3 state/ledger.db "select identifier from orders where state = 4 order by id limit 1")
ledger resolve "$(key)" --not-placed --reason "their support says so"
check_match "not placed, but the provider lists it: 65, with what to type" "$? $(cat err.txt)" \
    "^65 .*$imei: the provider lists order $wrong for this .*; type 'sluice ledger resolve $imei --placed $wrong', or add --unchecked"
check "nothing has changed" "$(ledger_count in_doubt)" 1
saved=$GSM_FUSION_BASE_URL
GSM_FUSION_API_KEY='' "$SLUICE" --state-dir state ledger resolve "$(key)" --not-placed --reason x >out.txt 2>err.txt
check_match "nobody to ask: a choice is wanted" "$? $(cat err.txt)" "^64 .*can't be asked: .*add --unchecked"
GSM_FUSION_BASE_URL=http://127.0.0.1:9 "$SLUICE" --state-dir state ledger resolve "$(key)" --not-placed --reason x >out.txt 2>err.txt
check_match "nor while it is down" "$? $(cat err.txt)" "^69 .*can't be asked now .*refused the connection.*--unchecked"
check "nothing has changed" "$(ledger_count in_doubt) $GSM_FUSION_BASE_URL" "1 $saved"
ledger resolve "$(key)" --not-placed --unchecked --reason "their support says so" --json >out.txt
check_match "not placed" "$? $(cat out.txt)" '^0 .*"state":"released".*"reason":"their support says so","evidence":"not checked with the provider: --unchecked was given"'
run --limit 4
check "it is bought now: on that person's word" "$(sum placed) $(sum in_doubt) $(books charged) $(books most_charges)" "1 0 5 2"
stop_sandbox
fresh
start_sandbox --fault close=first
run --limit 1
id=$(sqlite3 state/ledger.db "select lower(hex(key)) from orders where state = 4")
GSM_FUSION_API_KEY='' "$SLUICE" --state-dir state ledger resolve "$id" --placed 5000001 >out.txt 2>err.txt
check_match "nobody to ask: taken at one's word, and said" "$? $(cat err.txt)" "^0 .*isn't checked with the provider"
stop_sandbox
fresh
start_sandbox --fault html=first
run --limit 1
check "not charged, but who knows" "$code $(sum in_doubt) $(books charged)" "11 1 0"
settle=
pipeline
id=$(sqlite3 state/ledger.db "select lower(hex(key)) from orders where state = 4")
env -u GSM_FUSION_ACCOUNT GSM_FUSION_ACCOUNT=elsewhere "$SLUICE" --state-dir state ledger resolve "$id" --not-placed --reason x -f place.yaml >out.txt 2>err.txt
check_match "another account's pipeline: 78" "$? $(cat err.txt)" "^78 .*orders on the account 'elsewhere', this order is of 'tester@sandbox'"
sed -i 's/service_id: "1739"/service_id: "1739", account: tester@sandbox/' place.yaml
GSM_FUSION_ACCOUNT=elsewhere "$SLUICE" --state-dir state ledger resolve "$id" --not-placed --reason x --json >out.txt 2>err.txt
check_match "the pipeline that sent it says whom to ask" "$? $(cat out.txt)" '^0 .*"state":"released".*"evidence":"checked: .*0 orders that the provider lists none may be it"'
plan
