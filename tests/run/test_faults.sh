#!/bin/sh
# The fault table: orders placed on a provider that charges every request and does everything wrong that a
# provider can, one fault after the other. Where a run stops it is started again, as a user would. However it
# ends: nobody is charged twice, and every charged order is stored under its id or named as in doubt.
#     ORDERS=2000 WHENS="first every:20 all" RUNS=30 tests/run/test_faults.sh
# TABLE=FILE takes the rows of the table, in Markdown.
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
orders=${ORDERS:-100}
whens=${WHENS:-every:20}
runs_most=${RUNS:-3}
table=${TABLE:-/dev/null}

# A request that a proxy repeats is charged twice by such a provider, whoever sends it.
always() { # FAULT
    case $1 in resent) ;; *) echo "--fault charge-always" ;; esac
}
place() { # FAULT
    case $1 in
    partial | duplicate-list) pipeline "list: 2, limits: {concurrency: 4, timeout: 600ms}" ;;
    *) pipeline "limits: {concurrency: 10, timeout: 600ms}" ;;
    esac
}
# Until nothing is left that a run didn't attempt, or a run changes nothing.
run_all() {
    runs=0
    before=
    while [ "$runs" -lt "$runs_most" ]; do
        runs=$((runs + 1))
        run
        [ "$(sums_hold)" = yes ] || break
        [ $(($(sum skipped) + $(sum failed))) -gt 0 ] || break
        now="$(sum duplicate) $(sum placed) $(sum in_doubt) $(sum rejected)"
        [ "$now" != "$before" ] || break
        before=$now
    done
}
row() { # FAULT WHEN
    rm -rf state orders.db* rejected.csv
    # shellcheck disable=SC2046
    start_sandbox --fault "$1=$2" $(always "$1")
    place "$1"
    run_all
    lost=$(count_lost)
    doubt=$(ledger_count in_doubt)
    check "$1=$2: sums, charged twice, lost" "$(sums_hold) $(books repeated) $lost" "yes 0 0"
    struck=$(books "${1%%:*}")
    case $1 in timezone* | list-* | status-*) ;; *) check_most "$1=$2: it struck" 1 "$struck" ;; esac
    echo "| \`$1\` | $2 | $struck | $runs | $code | $(stored) | $doubt | $(sum rejected) | $(($(sum skipped) + $(sum failed))) | $(books charged) | $(books most_charges) | $lost |" >>"$table"
    stop_sandbox
}

# A list is asked for once in a run, or a few times.
whens_of() { # FAULT
    case $1 in timezone* | list-* | status-*) echo all ;; *) echo "$whens" ;; esac
}

csv "$orders" >imeis.csv
named=$("$SLUICE" help sandbox | sed -n 's/^\([a-z0-9-]*\)\(:[^ ]*\)\{0,1\}  .*/\1\2/p' |
    grep -v -e '^charge-always$' -e '^status-') # those of who asks about orders: test_check.sh
check_most "the faults that there are: at least 25" 25 "$(echo "$named" | wc -l)"
for fault in latency:20ms $named timezone:-5h; do
    for when in $(whens_of "$fault"); do
        row "$fault" "$when"
    done
done
plan
