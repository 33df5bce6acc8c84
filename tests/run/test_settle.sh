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
sqlite3 orders.db "update orders set account = 'other' where rowid <= 10;
                   update orders set provider = 'dhru' where rowid between 11 and 15;
                   update orders set provider = '', account = '' where rowid between 16 and 20"
run
check "rows of others don't count" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 15 25 15"
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
check "nothing new is bought, what is known is answered" "$code $(sum placed) $(($(sum duplicate) + $(sum in_doubt)))" "11 0 $known"
settle=
pipeline "limits: {concurrency: 1, timeout: 1s}" "spend: {max_run: 100, max_in_doubt: 3}"
run
check "once settled it goes on to the end" "$code $(sum settled) $(stored) $(books most_charges) $(books charged)" "0 3 40 1 40"
stop_sandbox
plan
