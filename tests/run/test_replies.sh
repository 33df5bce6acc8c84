#!/bin/sh
# What a provider may answer, from an odd prolog to no answer at all: what it costs, what is stored, what is
# in doubt, and how the run ends.
. "$(dirname "$0")/lib.sh"
settle=none
csv 20 >imeis.csv

once() { # FAULT…: a fresh ledger, store and sandbox; one run of 20 rows
    rm -rf state orders.db* rejected.csv
    flags=
    for each in "$@"; do flags="$flags --fault $each"; done
    # shellcheck disable=SC2086
    start_sandbox $flags
    run
}

pipeline "limits: {concurrency: 4, timeout: 1s}"
for fault in latin1 bare-amp prolog-space; do
    once "$fault"
    check "$fault: all placed" "$code $(sum placed) $(stored)" "0 20 20"
    stop_sandbox
done

# Sent, and no usable reply: in doubt, in the ledger only, and never sent again.
for fault in http-500 close truncate html-after empty garbage hang; do
    once "$fault=first" charge-always
    check "$fault: exit code" "$code" 11
    check "$fault: one in doubt, the others placed" "$(sum in_doubt) $(sum placed) $(stored)" "1 19 19"
    check "$fault: the sums hold" "$(sums_hold)" yes
    check "$fault: the ledger names it" "$(ledger_count in_doubt)" 1
    run
    check "$fault: again, nothing is sent" "$(sum placed) $(sum in_doubt) $(books most_charges)" "0 1 1"
    stop_sandbox
done

once close charge-always
check "a provider that never answers: placing stops" "$code" 11
check_most "after few orders" "$(sum in_doubt)" 9
check "the rest is skipped" "$(sums_hold) $(($(sum in_doubt) + $(sum skipped)))" "yes 20"
check_match "and named" "$(cat err.txt)" 'not attempted: rows [0-9]+-21'
stop_sandbox

# An HTML page instead of a reply doesn't say whether the order was taken.
once html=first
check "html: in doubt, never rejected" "$code $(sum in_doubt) $(sum rejected)" "11 1 0"
stop_sandbox

once auth=every:5
check "auth: exit code" "$code" 77
check "auth: the sums hold" "$(sums_hold)" yes
check_match "auth: what stays unplaced is named" "$(cat err.txt)" 'not attempted: rows'
check "auth: nothing in doubt" "$(sum in_doubt)" 0
stop_sandbox

once no-credit=every:5
check "no credit: exit code" "$code" 12
check "no credit: the sums hold" "$(sums_hold)" yes
check_match "no credit: what stays unplaced is named" "$(cat err.txt)" 'not attempted: rows'
check "no credit: what was placed is stored" "$(sum placed)" "$(stored)"
stop_sandbox

once maintenance=first
check "maintenance: waited for" "$code $(sum placed)" "0 20"
stop_sandbox

once duplicate=first
check "duplicate: an order exists, but perhaps we paid for it: in doubt" "$code $(sum in_doubt) $(sum placed)" "11 1 19"
stop_sandbox

once redirect=first
check "redirect: not followed" "$code $(sum in_doubt)" "11 1"
check_match "redirect: the remedy" "$(cat err.txt)" 'base_url|redirect'
stop_sandbox

# Lists.
pipeline "list: 10, limits: {concurrency: 2}"
once
check "lists: all placed" "$code $(sum placed) $(stored)" "0 20 20"
stop_sandbox
once partial=first charge-always
check "a list answered in part: the unmentioned are in doubt" "$code $(sum in_doubt)" "11 9"
check "nobody is charged twice" "$(books most_charges)" 1
check "only what has an id is stored" "$(stored)" "$(sum placed)"
stop_sandbox
plan
