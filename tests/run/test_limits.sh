#!/bin/sh
# 50.00 at 0.08 with fifty calls in flight, in one process and in two at once: 625 orders, never 626. And what
# is said when the account tells another story than the ledger.
. "$(dirname "$0")/lib.sh"
settle=none
export LC_ALL=C
balance() { "$SLUICE" balance gsm_fusion --json | sed 's/.*"balance":"\([0-9.]*\)".*/\1/'; }
many='limits: {concurrency: 50}'

start_sandbox --fault charge-always --latency 10ms --option credit=1000.00
csv 700 >imeis.csv
pipeline "$many" "spend: {max_run: 50.00}"
run
check "max_run: 625 are placed" "$code $(sum placed) $(sum spent) $(sum skipped)" "12 625 50.00 75"
check "and charged" "$(books charged) $(books most_charges)" "625 1"
check_match "what was placed and what was left is said" "$(cat err.txt)" '700 read, 625 placed for 50\.00.*75 skipped'
check_match "by rows" "$(cat err.txt)" 'not attempted: rows [0-9]+-701'
check "the balance is what was counted" "$(grep -c 'the balance changed' err.txt)" 0

# Two processes, one ledger, one day.
rm -rf state orders.db*
before=$(books charged)
pipeline "$many" "spend: {max_day: 50.00}"
csv 400 0 5001 >one.csv
csv 400 0 6001 >two.csv
for each in one two; do
    sed "s/imeis.csv/$each.csv/; s/orders.db/$each.db/; s/name: place/name: $each/; s/rejected/$each-rejected/" place.yaml >$each.yaml
    "$SLUICE" --state-dir state run $each.yaml --yes --json >$each.json 2>$each.txt &
    eval "$each=\$!"
done
wait "$one"; first=$?
wait "$two"; second=$?
check "max_day in two processes: 625 together" "$(($(books charged) - before)) $(books most_charges)" "625 1"
check_match "at least one of them is told" "$first $second" '12'
placed() { sed -n 's/.*"type":"summary".*"placed":\([0-9]*\).*/\1/p' $1.json; }
check "each stored its own" "$(sqlite3 one.db 'select count(*) from orders') $(sqlite3 two.db 'select count(*) from orders')" \
    "$(placed one) $(placed two)"

# The reserve, in two processes.
rm -rf state one.db* two.db*
before=$(books charged)
csv 400 0 8001 >one.csv # others: the provider lists what was ordered, and that isn't ordered again
csv 400 0 9001 >two.csv
pipeline "$many" "spend: {reserve: $(awk -v b="$(balance)" 'BEGIN { printf "%.2f", b - 20 }')}"
for each in one two; do
    sed "s/imeis.csv/$each.csv/; s/orders.db/$each.db/; s/name: place/name: $each/; s/rejected/$each-rejected/" place.yaml >$each.yaml
    "$SLUICE" --state-dir state run $each.yaml --yes --json >$each.json 2>$each.txt &
    eval "$each=\$!"
done
wait "$one"; first=$?
wait "$two"; second=$?
check_most "reserve in two processes: never below it" "$(($(books charged) - before))" 250
check "both are told" "$first $second" "12 12"
pipeline "$many" "$(grep reserve place.yaml)"
csv 400 0 7001 >imeis.csv
run
check "and the next one finds what is left of it" "$(($(books charged) - before))" 250
stop_sandbox

# The account tells another story.
rm -rf state orders.db*
csv 10 >imeis.csv
start_sandbox --fault price-change=every:5
pipeline
run
check "other prices than the catalogue says: the run is good" "$code $(sum placed)" "0 10"
check_match "and the difference is told" "$(cat err.txt)" \
    'warning: place: the balance changed by [0-9.]+ \(from 1000000\.00 to [0-9.]+\), but orders for 0\.[0-9]+ were counted, 0 of the account in doubt'
stop_sandbox
rm -rf state orders.db*
start_sandbox --fault html=first --fault charge-always
run
check_match "an order in doubt that wasn't charged" "$(cat err.txt)" \
    'the balance changed by 0\.72 .*but orders for 0\.80 were counted, 1 of the account in doubt'
rm -rf state orders.db*
csv 5 0 51 >imeis.csv
run
check "otherwise nothing is said" "$code $(grep -c 'balance changed' err.txt)" "0 0"

# An order in doubt that is proven not to be bought: nothing came back for it, neither for the reserve nor for
# what is compared.
rm -rf state orders.db*
stop_sandbox
start_sandbox --fault html=first --fault foreign-order --option credit=10.00
settle=complete
csv 2 0 41 >imeis.csv
pipeline "limits: {concurrency: 1, timeout: 1s}" "spend: {reserve: 9.60}"
run
check "one in doubt, one placed" "$code $(sum in_doubt) $(sum placed)" "11 1 1"
past() { sqlite3 state/ledger.db "update orders set sent_ms = sent_ms - $1 * 60000 where state = 4; update missed set at_ms = at_ms - $1 * 60000"; }
sqlite3 state/ledger.db 'delete from missed'
past 12
"$SLUICE" --state-dir state ledger settle -f place.yaml >/dev/null 2>&1
past 2
csv 20 0 51 >imeis.csv
run
check "four more leave the reserve" "$code $(sum placed) $(sum settled) $(balance)" "12 4 1 9.60"
check "and nothing is odd" "$(grep -c 'balance changed' err.txt)" 0
settle=none

# Currencies.
csv 5 0 61 >imeis.csv
pipeline "" "spend: {max_run: 10, currency: EUR}"
run
check "another currency than the account's" "$code $(sum placed)" "78 0"
check_match "is told" "$(cat err.txt)" 'spend\.currency is EUR, but the account is kept in USD'
"$SLUICE" --state-dir state plan place.yaml >/dev/null 2>&1
check "the plan, too" "$?" 78
pipeline "" "spend: {max_run: 10, currency: USD}"
run
check "the same one" "$code $(sum placed) $(printf '%s' "$summary" | grep -c '"currency":"USD"')" "0 5 1"

# Days of another time zone: of 26 hours on earth at once there are always two days. What was spent from one
# zone was spent in the other's day, too.
start=71
for zone in Pacific/Kiritimati Pacific/Pago_Pago; do
    rm -rf state orders.db*
    start=$((start + 10))
    pipeline "" "spend: {max_day: 0.16, timezone: $zone}"
    csv 5 0 $start >imeis.csv
    early=$(date +%s)
    run
    quarter=$(sqlite3 state/ledger.db 'SELECT max(day) FROM orders')
    check "$zone: two orders a day" "$code $(sum placed)" "12 2"
    check "$zone: when they count" "$([ "$quarter" -ge $((early / 900)) ] && [ "$quarter" -le $(($(date +%s) / 900)) ] && echo yes || echo "$quarter")" yes
    check "$zone: it is noted" "$(sqlite3 state/ledger.db "SELECT value FROM settings WHERE name = 'last quarter'")" "$quarter"
done
pipeline "" "spend: {max_day: 0.16, timezone: Pacific/Kiritimati}"
run
midnight=$(($(TZ=Pacific/Kiritimati date -d "$(TZ=Pacific/Kiritimati date +%F)" +%s) / 900))
[ "$midnight" -le "$quarter" ] && check "the same hours are one day, whoever spends in them" "$code $(sum placed)" "12 0"
pipeline "" "spend: {max_day: 0.16, timezone: Pacific/Pago_Pago}"
sqlite3 state/ledger.db "UPDATE settings SET value = value + 3 * 96 WHERE name = 'last quarter'"
run
check "a later day than the clock's: it is a new one, and stays it" "$code $(sum placed)" "12 2"
check_match "with a warning" "$(cat err.txt)" 'the ledger has counted 20.* \(Pacific/Pago_Pago\) already, which is later'
run
check "and is used up" "$code $(sum placed)" "12 0"
pipeline "" "spend: {timezone: Europe/Atlantis}"
run
check "no such zone" "$code" 78
plan
