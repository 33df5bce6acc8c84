#!/bin/sh
# A second provider, as a user meets it: every dialect of it, one order a call and many, and orders in doubt that
# nobody but a person can settle, since it lists none.
provider=dhru
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
rows=60

fresh() {
    rm -rf state orders.db* rejected.csv
}
checking() { # EXTRA: check.yaml, which asks what became of the orders in orders.db
    cat >check.yaml <<EOF
name: check
source:
  sqlite: {path: orders.db, status: [Pending, In Process]}
actions:
  - dhru.check: {${1:-}}
sinks:
  - sqlite: {path: orders.db}
EOF
}
ask() { # what became of the orders
    "$SLUICE" --state-dir "$home/state" run check.yaml >check.log 2>&1
    echo $?
}
# One in sixteen is rejected: the last digit of the IMEI is its check digit.
rejected_ones() { sqlite3 orders.db "select count(*) from orders where substr(imei, 1, 14) % 16 = 7"; }

# --- every dialect, one order a call and many -------------------------------------------------------------
csv "$rows" >imeis.csv
for dialect in array string lower object; do
    for call in "" "parameters: json" "list: 20"; do
        fresh
        start_sandbox --option dialect="$dialect" --option complete_after=0s --fault charge-always
        pipeline "$call"
        run
        name="$dialect${call:+, $call}"
        check "$name: exit code, sums" "$code $(sums_hold)" "0 yes"
        check "$name: placed, charged, stored, lost" "$(sum placed) $(books charged) $(stored) $(count_lost)" "$rows $rows $rows 0"
        run
        check "$name: again, all are duplicates" "$(sum placed) $(sum duplicate) $(books charged)" "0 $rows $rows"
        case $call in
        parameters*) checking "$call, list: 1" ;;
        *) checking ;;
        esac
        check "$name: checked" "$(ask)" 0
        check "$name: each order has its end" "$(sqlite3 orders.db "select count(*) from orders where status = 'Completed'") $(sqlite3 orders.db "select count(*) from orders where status = 'Rejected'")" \
            "$((rows - $(rejected_ones))) $(rejected_ones)"
        check "$name: results are taken apart" "$(sqlite3 orders.db "select count(*) from orders where status = 'Completed' and model = 'iPhone 13 128GB Black' and carrier <> '' and fmi in ('ON', 'OFF') and simlock <> ''")" \
            "$((rows - $(rejected_ones)))"
        check "$name: what was rejected is refunded" "$(ledger_count refunded)" "$(rejected_ones)"
        stop_sandbox
    done
done

# --- sites that have less ---------------------------------------------------------------------------------
fresh
start_sandbox --option bulk=false --option parameters=xml --option complete_after=0s
pipeline
checking
run
check "a site without bulk calls: placed" "$code $(sum placed)" "0 $rows"
check "and checked order by order" "$(ask) $(sqlite3 orders.db "select count(*) from orders where status in ('Completed', 'Rejected')")" "0 $rows"
pipeline "list: 20"
rm -rf state orders.db*
run
check "orders in bulk at such a site: nothing is bought, the run stops" "$code $(sum placed) $(books charged)" "78 0 $rows"
check_match "and says why" "$(cat err.txt)" "Invalid Action"
stop_sandbox

fresh
start_sandbox --option parameters=json
pipeline
run
check "a site that doesn't read what was sent charges nothing" "$(sum placed) $(books charged) $(sums_hold)" "0 0 yes"
pipeline "parameters: json"
run --retry rejected
check "and does what it reads" "$code $(sum placed)" "0 $rows"
stop_sandbox

# --- what the catalogue says ------------------------------------------------------------------------------
start_sandbox --option catalogue_every=5m
cat >services.yaml <<'EOF'
name: services
source:
  dhru.services: {}
sinks:
  - csv: {path: services.csv}
EOF
"$SLUICE" --state-dir "$home/state" run services.yaml >/dev/null 2>services.log
check "services are known by their own id, not by the key" "$(cut -d , -f 1 services.csv | tr '\n' ' ')" \
    "service_id 1739 1740 1752 1801 1850 1900 1901 1902 1960 2001 "
check_match "a price with a comma is a number, one on request is none" "$(cat services.csv)" "^1900,.*,1234.50,"
check_match "what an order needs is named" "$(cat services.csv)" "^1901,.*Policy id"
"$SLUICE" --state-dir "$home/state" run services.yaml >/dev/null 2>services.log
check "asked too often" "$?" 69
check_match "in the site's own words" "$(cat services.log)" "too frequently! Please try after 5 minutes"
stop_sandbox

# --- lost replies: a person settles them ------------------------------------------------------------------
fresh
csv 9 >imeis.csv
start_sandbox --fault close=every:3 --fault charge-always
pipeline
run
check "lost replies: exit code, placed, in doubt" "$code $(sum placed) $(sum in_doubt) $(books charged)" "11 6 3 9"
check "they are named" "$(ledger_count in_doubt) $(count_lost)" "3 0"
run
check "again: nothing is sent" "$code $(sum duplicate) $(sum in_doubt) $(books charged)" "11 6 3 9"
"$SLUICE" --state-dir "$home/state" ledger settle >settle.log 2>&1
check "nobody can be asked" "$?" 69
check_match "that is said" "$(cat settle.log)" "has no list of orders to settle by; ask it yourself, then 'sluice ledger resolve'"
check "and nothing has changed" "$(ledger_count in_doubt) $(books charged)" "3 9"
on_provider >provider.txt
stored_id=$(sqlite3 orders.db "select order_id from orders limit 1")
doubtful=$("$SLUICE" --state-dir "$home/state" ledger list --state in_doubt --json | sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p')
one=$(echo "$doubtful" | head -1)
resolve() { # --placed ID, …: what a person says of $one
    "$SLUICE" --state-dir "$home/state" ledger resolve "$one" "$@" >resolve.log 2>&1
    echo $?
}
check "an order id that the site doesn't know is refused" "$(resolve --placed 77)" 65
check_match "with the reason" "$(cat resolve.log)" "the provider knows no order 77 of this account"
other=$(sed -n "/^$one /!s/.* //p" provider.txt | grep -vx "$stored_id" | tail -1)
check "and one that is for another IMEI" "$(resolve --placed "$other")" 65
for imei in $doubtful; do
    id=$(sed -n "s/^$imei //p" provider.txt)
    "$SLUICE" --state-dir "$home/state" ledger resolve "$imei" --placed "$id" >>resolve.log 2>&1 || echo "failed: $imei"
done
run
check_match "the site was asked" "$("$SLUICE" --state-dir "$home/state" ledger show "$one" --json)" "checked: the provider lists order 50000"
check "a person looked at the site's own page: all are kept" "$code $(sum duplicate) $(stored) $(books charged)" "0 9 9 9"
stop_sandbox

fresh
csv 3 >imeis.csv
start_sandbox --fault html-after=first
pipeline
run
imei=$("$SLUICE" --state-dir "$home/state" ledger list --state in_doubt --json | sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p')
check "a page instead of a reply is a doubt" "$code $(sum in_doubt) $imei" "11 1 001000000000017"
"$SLUICE" --state-dir "$home/state" ledger resolve "$imei" --not-placed --unchecked --reason "the site has no such order" >resolve.log 2>&1
check "a person says that it wasn't bought" "$?" 0
run
check "the next run sends it, and the site says that it has it: a doubt again, charged once" \
    "$code $(sum in_doubt) $(books most_charges)" "11 1 1"
stop_sandbox

# --- a ledger that is new to an account whose orders the site won't list ----------------------------------
fresh
csv 8 >imeis.csv
start_sandbox
pipeline
run
rm -rf state orders.db*
run
check "duplicates at the site are doubts, nothing is charged twice" "$code $(sum placed) $(books most_charges) $(sums_hold)" "11 0 1 yes"
stop_sandbox

# --- what the program says of it -------------------------------------------------------------------------
{
    "$SLUICE" plugins list | awk '/^[a-z]/ { ours = $1 == "dhru" } ours'
    "$SLUICE" plugins show dhru
} | grep -v '^from ' | sed 's/^dhru [0-9.]*:/dhru:/' >plugins.txt
check "plugins list, plugins show" "$(diff "$here/golden/plugins-dhru" plugins.txt)" ""

# --- what is refused --------------------------------------------------------------------------------------
settle=balance
pipeline
"$SLUICE" lint place.yaml >lint.log 2>&1
check "settle: balance is refused" "$?" 1
check_match "with the reason" "$(cat lint.log)" "hides what was charged"
plan
