#!/bin/sh
# A pause against runs with fifty calls in flight, in one process and in two, against runs that begin at the same
# moment, and against kill -9: once it is there, the ledger takes no order more for sending.
. "$(dirname "$0")/lib.sh"
ledger() { "$SLUICE" --state-dir "$home/state" ledger "$@"; }
sends() { sqlite3 state/ledger.db 'select sum(orders) || " " || max(version) from events where transition = 2'; }
start() { # NAME: a run in the background; $NAME
    sed "s/^name: place/name: $1/; s/orders.db/$1.db/; s/imeis.csv/$1.csv/; s/rejected/$1-rejected/" place.yaml >"$1.yaml"
    : >"$1.json"
    "$SLUICE" --state-dir state run "$1.yaml" --yes --json >"$1.json" 2>"$1.txt" &
    eval "$1=\$!"
}
await_placed() { # NAME
    until grep -q '"state":"placed"' "$1.json"; do eval "kill -0 \$$1" 2>/dev/null || break; done
}
end_of() { # NAME
    eval "wait \$$1"
    code=$?
    summary=$(grep '"type":"summary"' "$1.json" | tail -1)
}
many='limits: {concurrency: 50}'
start_sandbox --fault charge-always --latency 50ms

# --- fifty in flight ---
csv 2000 >one.csv
csv 2000 0 5001 >two.csv
pipeline "$many" "spend: {max_run: 1000, max_in_doubt: 1000}" # what a kill leaves in doubt is in nobody's way here
for both in no yes; do
    rm -rf state ./*.db*
    before=$(books charged)
    start one; [ $both = yes ] && start two
    await_placed one; [ $both = yes ] && await_placed two
    ledger pause >/dev/null
    taken=$(sends)
    end_of one; one_placed=$(sum placed)
    check "two processes: $both: it ends with 12, cuts nothing off, and its sums hold" "$code $(sum in_doubt) $(sum failed) $(sums_hold)" "12 0 0 yes"
    two_placed=0
    [ $both = yes ] && end_of two && :
    if [ $both = yes ]; then
        two_placed=$(sum placed)
        check "two processes: the other one, too" "$code $(sum in_doubt) $(sum failed) $(sums_hold)" "12 0 0 yes"
    fi
    check "two processes: $both: nothing was taken for sending once pause had returned" "$(sends)" "$taken"
    check "two processes: $both: what was charged is placed" "$(($(books charged) - before))" "$((one_placed + two_placed))"
    check_most "two processes: $both: which is what was under way" "$((one_placed + two_placed))" "${taken% *}"
    start one; end_of one
    check "two processes: $both: until it is resumed nothing is ordered" "$code $(sum placed) $(sum duplicate) $(sends)" "12 0 $one_placed $taken"
    ledger resume >/dev/null
    start one; end_of one
    check "two processes: $both: resumed, it goes on to its end" "$code $(sum placed) $(sum duplicate)" "0 $((2000 - one_placed)) $one_placed"
    csv 2000 0 2001 >one.csv # others: the provider lists those
done

# --- kill -9 right after the pause, and before it has returned ---
for when in after beside; do
    rm -rf state ./*.db*
    csv 400 0 "$([ $when = after ] && echo 10001 || echo 11001)" >one.csv
    before=$(books charged)
    start one; await_placed one
    if [ $when = after ]; then
        ledger pause >/dev/null; kill -9 "$one"
    else
        ledger pause >/dev/null & pauser=$!
        kill -9 "$one"; wait "$pauser"
    fi
    wait "$one" 2>/dev/null
    taken=$(sends)
    start one; end_of one
    check "killed $when it: nothing is ordered, the sums hold" "$(sum placed) $(sends) $(sums_hold)" "0 $taken yes"
    check_match "killed $when it: the pause is still there" "$(cat one.txt)" 'the ledger is paused since'
    ledger resume >/dev/null
    start one; end_of one
    check "killed $when it: resumed, every row is placed or in doubt" \
        "$(sqlite3 state/ledger.db 'select count(*) from orders where state in (3, 4)') $(sums_hold)" "400 yes"
    check_most "killed $when it: charged" "$(($(books charged) - before))" 400
    check "killed $when it: nobody was charged twice" "$(books most_charges)" 1
done

# --- a run and a pause begin at the same moment ---
rm -rf state ./*.db*
csv 5 0 20001 >one.csv
start one; end_of one
wrong=
for n in 1 2 3 4 5 6 7 8; do
    csv 5 0 $((20001 + 10 * n)) >one.csv
    start one
    ledger pause >/dev/null
    taken=$(sends)
    end_of one
    case "$code $(sum placed) $(sum skipped)" in "12 "* | "0 5 0") ;; *) wrong="$wrong [$n: $summary]" ;; esac
    [ "$(sends) $(sums_hold)" = "$taken yes" ] || wrong="$wrong [$n: taken for sending after the pause]"
    ledger resume >/dev/null
done
check "begun at the same moment: all of it, or as far as it came" "$wrong" ""
check "nobody was charged twice" "$(books most_charges)" 1
plan
