#!/bin/sh
# The fault table: orders placed on a provider that charges every request and does everything wrong that a
# provider can, one fault after the other. Where a run stops it is started again, as a user would. However it
# ends: nobody is charged twice, and every charged order is stored under its id or named as in doubt.
#     ORDERS=2000 WHENS="first every:20 all" RUNS=30 tests/run/test_faults.sh
#     FAULTS="close big"           these alone
#     provider=dhru                not gsm_fusion: a provider that lists no orders
#     api=sickw                    with provider=http: in whose manner its sandbox answers
#     FLIGHT=100 TIMEOUT=1s        calls in flight, and how long one may take: where many answers never come
# TABLE=FILE takes the rows of the table, in Markdown.
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
orders=${ORDERS:-100}
whens=${WHENS:-every:20}
runs_most=${RUNS:-3}
flight=${FLIGHT:-10}
timeout=${TIMEOUT:-600ms}
table=${TABLE:-/dev/null}

# A request that a proxy repeats is charged twice by such a provider, whoever sends it.
always() { # FAULT
    case $1 in resent) ;; *) echo "--fault charge-always" ;; esac
}
place() { # FAULT
    case $1 in
    partial | duplicate-list) pipeline "list: 2, limits: {concurrency: 4, timeout: $timeout}" ;;
    *) pipeline "limits: {concurrency: $flight, timeout: $timeout}" ;;
    esac
}
# Until nothing is left that a run didn't attempt, or a run changes nothing.
run_all() {
    runs=0
    before=
    codes=
    milliseconds=0
    while [ "$runs" -lt "$runs_most" ]; do
        runs=$((runs + 1))
        begun=$(date +%s%3N)
        run
        milliseconds=$((milliseconds + $(date +%s%3N) - begun))
        case " $codes " in *" $code "*) ;; *) codes="${codes:+$codes }$code" ;; esac
        [ "$(sums_hold)" = yes ] || break
        [ $(($(sum skipped) + $(sum failed))) -gt 0 ] || break
        now="$(sum duplicate) $(sum placed) $(sum in_doubt) $(sum rejected)"
        [ "$now" != "$before" ] || break
        before=$now
    done
}
row() { # FAULT WHEN [ANOTHER]
    rm -rf state orders.db* rejected.csv
    # shellcheck disable=SC2046
    start_sandbox ${api:+--option api=$api} --fault "$1=$2" $(always "$1") ${3:+--fault "$3"}
    place "$1"
    run_all
    lost=$(count_lost)
    doubt=$(ledger_count in_doubt)
    check "$1=$2${3:+ and $3}: sums, charged twice, lost" "$(sums_hold) $(books repeated) $lost" "yes 0 0"
    struck=$(books "${1%%:*}")
    check_most "$1=$2${3:+ and $3}: it struck" 1 "$struck"
    echo "| \`$1\`${3:+, \`$3\`} | $2 | $struck | $runs | $codes | $(stored) | $doubt | $(sum rejected) | $(($(sum skipped) + $(sum failed))) | $(books charged) | $(books most_charges) | $lost | $(printf '%d.%d' $((milliseconds / 1000)) $((milliseconds % 1000 / 100))) |" >>"$table"
    stop_sandbox
}

csv "$orders" >imeis.csv
# Those of the help; `status-…` are of calls that come after an order.
check_match "help says where a provider's own faults and options are listed" "$("$SLUICE" help sandbox | tr -s '\n ' ' ')" \
    '`sluice plugins show PROVIDER` lists them, and the options'
named=$("$SLUICE" help sandbox | sed -n 's/^\([a-z0-9-]*\)\(:[^ ]*\)\{0,1\}  .*/\1\2/p' | grep -Ev '^(charge-always$|status-)')
check_most "the faults that there are: at least 25" 25 "$(echo "$named" | wc -l)"
for fault in ${FAULTS:-latency:20ms $named timezone:-5h taken-in-doubt}; do
    case ${api:-$provider},$fault in
    dhru,timezone* | dhru,list-* | sickw,list-*) continue ;; # it has no list
    http,timezone* | http,partial | http,duplicate-list | http,bare-amp) continue ;; # its sandbox knows none
    sickw,timezone* | sickw,partial | sickw,duplicate-list | sickw,bare-amp) continue ;;
    esac
    case $fault in
    taken-in-doubt) # orders in doubt that somebody else has on the account, too
        for another in close=every:3 http-500=every:3; do
            for age in 0s 30m 1d; do
                row "taken:$age" all "$another"
            done
        done
        continue
        ;;
    timezone* | list-*) # what orders in doubt are looked for in
        row "$fault" all close=every:20
        continue
        ;;
    esac
    for when in $whens; do
        row "$fault" "$when"
    done
done
plan
