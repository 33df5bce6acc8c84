#!/bin/sh
# What `plan` says a run would cost is what the run then spends, whatever is in the input, in the ledger and under
# `spend:`; and nobody is charged for a plan, whatever goes on beside it.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
mixes=${MIXES:-20}
part() { sed 's/"services":.*//' plan.json | sed -n "s/.*\"$1\":\"\{0,1\}\([-0-9.a-z_]*\).*/\1/p"; }
forecast() { "$SLUICE" --state-dir state plan place.yaml --json "$@" >plan.json 2>plan.txt; }
mix() { # SEED N FIRST: rows with duplicates, what can't be ordered, and services of their own
    csv 120 | awk -F, -v seed="$1" -v n="$2" -v first="$3" '
        BEGIN { srand(seed); print "imei,service_id" }
        NR > 1 { imei[NR - 2] = $1 }
        END {
            split("1739 1740 1760 1752 9999", service, " ")
            for (i = 0; i < n; i++) {
                id = imei[first + int(rand() * 50)]
                kind = int(rand() * 20)
                if (kind == 0) id = substr(id, 1, 14) (substr(id, 15) + 1) % 10
                if (kind == 1) id = "n/a"
                s = rand() < 0.4 ? "" : service[rand() < 0.08 ? 4 + int(rand() * 2) : 1 + int(rand() * 3)]
                print id "," s
            }
        }'
}
rules() { # SEED: a `spend:`
    awk -v seed="$1" 'BEGIN {
        srand(seed + 1000)
        split("max_run: 0.41;max_run: 2.00;max_day: 9.00;max_price: 0.05;reserve: 997.00;max_run: 0.01, max_in_doubt: 3;repeat_after: 1h;max_in_doubt: 2", rule, ";")
        r = "max_run: 1000"
        k = int(rand() * 11)
        if (seed % 8 == 7) r = "max_run: 1000, max_in_doubt: 1"
        else if (k in rule) r = (rule[k] ~ /max_run/ ? "" : "max_run: 1000, ") rule[k]
        print "spend: {" r "}"
    }'
}

# --- mixes, each against the ledger and the books that the ones before it left ---
start_sandbox --state books --fault charge-always --option credit=1000.00
wrong= paid=0 spent=0 stops=
i=0
while [ "$i" -lt "$mixes" ]; do
    i=$((i + 1))
    # What was ordered before: with calls that get lost, so that some are in doubt, or were found again.
    stop_sandbox
    start_sandbox --state books --fault charge-always --fault "$([ $((i % 3)) = 0 ] && echo http-500 || echo html)=every:7"
    settle=$([ $((i % 4)) = 3 ] && echo none)
    mix $((i * 7)) 12 $((i % 60)) >imeis.csv
    pipeline "limits: {concurrency: 4}"
    [ $((i % 8)) = 7 ] || [ $((i % 2)) = 0 ] && run
    stop_sandbox
    start_sandbox --state books --fault charge-always
    mix "$i" 40 $((i % 50)) >imeis.csv
    pipeline "limits: {concurrency: $((1 + i % 5))}" "$(rules "$i")"
    flags=
    [ $((i % 6)) = 5 ] && flags="--repeat"
    [ $((i % 7)) = 6 ] && flags="$flags --limit 25"
    before=$(books charged)
    # shellcheck disable=SC2086
    forecast $flags
    paid=$((paid + $(books charged) - before))
    # shellcheck disable=SC2086
    run $flags
    said="$(part cost) $(part placed)"
    did="$(sum spent) $(sum placed)"
    [ "$said" = "$did" ] || wrong="$wrong [$i: planned $said, did $did, exit $code]"
    [ "$(sums_hold)" = yes ] || wrong="$wrong [$i: sums]"
    stops="$stops $(part rule)"
    spent=$((spent + $(sum placed)))
done
check "$mixes mixes: the run spends what was planned" "$wrong" ""
check "orders that a plan paid for" "$paid" 0
check "they ordered something" "$((spent > mixes))" 1
for rule in max_run max_in_doubt max_day; do
    check_match "$rule stopped one of them" "$stops" "$rule"
done
check_most "nobody was charged twice but for a repeat" "$(books most_charges)" 5
stop_sandbox

# --- while another run is at work ---
rm -rf state orders.db* books
settle=
csv 200 >imeis.csv
pipeline "limits: {concurrency: 4}"
start_sandbox --fault charge-always --latency 10ms
"$SLUICE" --state-dir state run place.yaml --yes --json >first.json 2>first.txt &
first=$!
plans=0
while kill -0 "$first" 2>/dev/null; do
    forecast || wrong="$wrong [exit $?: $(cat plan.txt)]"
    [ "$(part read)" = 200 ] || wrong="$wrong [$(cat plan.json plan.txt)]"
    [ $(($(part new) + $(part duplicate) + $(part in_doubt) + $(part elsewhere))) = 200 ] || wrong="$wrong [$(cat plan.json)]"
    plans=$((plans + 1))
done
wait "$first"
check "plans while a run places: that ends well" "$? $((plans > 0))" "0 1"
check "each is a whole one" "$wrong" ""
check "and every order was charged once, by the run" "$(books charged) $(books most_charges)" "200 1"

# --- while the ledger is paused, from before and from within ---
csv 220 >imeis.csv
"$SLUICE" --state-dir state ledger pause >/dev/null
forecast
check "in a pause a run spends nothing" "$(part rule) $(part cost) $(part cost_of_all)" "pause 0.00 1.60"
run
check "nor does it" "$code $(sum spent) $(sum duplicate)" "12 0.00 200"
"$SLUICE" --state-dir state ledger resume >/dev/null
for n in 1 2 3 4 5; do
    "$SLUICE" --state-dir state ledger pause >/dev/null &
    pauser=$!
    forecast || wrong="$wrong [exit $?]"
    wait "$pauser"
    case "$(part rule) $(part cost)" in "pause 0.00" | " 1.60") ;; *) wrong="$wrong [$(cat plan.json)]" ;; esac
    "$SLUICE" --state-dir state ledger resume >/dev/null
done
check "a pause that comes meanwhile is seen, or isn't" "$wrong" ""
check "nothing was charged" "$(books charged)" 200
planned=$(forecast; part cost)
run
check "resumed: it spends what is planned" "$code $(sum spent)" "0 $planned"
plan
