#!/bin/sh
# Plugins of other times, and broken ones: they work, or are refused with a sentence; none takes the program along.
. "$(dirname "$0")/lib.sh"
export SLUICE_PLUGIN_PATH="$SLUICE_TEST_FIXTURES"
refused='crashing exiting future misnamed newer symbolless'

"$SLUICE" plugins list >out 2>err
check "plugins list: exit code" $? 0
check "plugins list: nothing on standard error" "$(cat err)" ""
for name in $refused; do
    check_match "$name is refused, and why is said" "$(grep -A1 -x "$name" out)" "refused +.*plugin '$name'"
done
check "nobody else is refused" "$(grep -c '^  refused ' out)" "$(echo "$refused" | wc -w)"
check_match "one of an older contract is there" "$(cat out)" '^shorter 1: '
check_match "one of a newer contract is there" "$(cat out)" '^longer 2: '
check "their components, too" "$(grep -cE '^  action +(shorter|longer)\.(first|second)' out)" 4

# --- in a pipeline -------------------------------------------------------------------------------------------
pipeline_with() { # ACTION
    printf 'name: old\nsource: {csv: {path: in.csv}}\nactions:\n  - %s\nsinks:\n  - csv: {path: out.csv}\n' "$1" >old.yaml
}
csv 3 >in.csv
for name in shorter longer; do
    pipeline_with "$name.first: {text: hello, count: 4}"
    "$SLUICE" lint old.yaml >out 2>err
    check "$name: lint" "$? $(cat err)" "0 "
    "$SLUICE" --state-dir state run old.yaml >out 2>err
    check "$name: run" "$? $(tail -n +2 out.csv)" "0 $(tail -n +2 in.csv)"
    pipeline_with "$name.first: {count: 40}"
    "$SLUICE" lint old.yaml >out 2>err
    check "$name: its options are checked" $? 1
    "$SLUICE" plugins show "$name.second" >out 2>err
    check "$name: plugins show" $? 0
done
for name in crashing future misnamed newer symbolless; do
    pipeline_with "$name.nothing: {}"
    "$SLUICE" lint old.yaml >out 2>err
    check "$name in a pipeline: exit code" $? 76
    check_match "$name in a pipeline: a sentence" "$(cat err)" "plugin '$name'"
    "$SLUICE" plugins show "$name" >out 2>err
    check "$name: plugins show: exit code" $? 76
done
plan
