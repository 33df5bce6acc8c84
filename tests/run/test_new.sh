#!/bin/sh
# new: what it writes passes lint without a word, orders, and never takes the place of anything. What becomes of a new
# plugin is in tests/sdk.
. "$(dirname "$0")/lib.sh"

"$SLUICE" new pipeline place-mine >out 2>err
check "new pipeline: exit code" $? 0
check_match "new pipeline: says what it made" "$(cat out)" '^place-mine.yaml is a pipeline'
check "new pipeline: nothing on stderr" "$(cat err)" ""
start_sandbox
"$SLUICE" lint place-mine.yaml >out 2>err
check "it passes lint: exit code" $? 0
check "it passes lint: no warning, no note" "$(cat err)" ""
"$SLUICE" test place-mine.yaml >out 2>err
check_match "it passes its own test" "$? $(tail -1 out)" '^0 1 passed, 0 failed$'
csv 3 >imeis.csv
"$SLUICE" --state-dir state run place-mine.yaml --yes >out 2>err
check "it orders: exit code" $? 0
check "it orders" "$(books charged)" 3
echo mine >place-mine.yaml
"$SLUICE" new pipeline place-mine >out 2>err
check "a file that is there: exit code" $? 73
check_match "a file that is there: what to do" "$(cat err)" 'place-mine.yaml: File exists; take another name'
check "a file that is there stays" "$(cat place-mine.yaml)" mine
"$SLUICE" new pipeline other.yaml >out 2>err
check "a name with .yaml: exit code" $? 0
check "a name with .yaml is not doubled" "$(ls other*)" other.yaml
for name in '' .hidden a/b 'a b' -- "$(printf 'x%.0s' $(seq 65))"; do
    "$SLUICE" new pipeline -- "$name" >out 2>err
    check "no name: '$name'" $? 64
done
"$SLUICE" new >out 2>err
check "new alone: exit code" $? 64
"$SLUICE" new pipelin x >out 2>err
check_match "new something else" "$(cat err)" 'write `sluice new pipeline NAME` or `sluice new plugin NAME --kind provider`'

"$SLUICE" new plugin acme --kind provider >out 2>err
check "new plugin: exit code" $? 0
check_match "new plugin: says what to do next" "$(cat out)" '^acme is a plugin that works: `cd acme'
check "no mark of the template is left" "$(grep -ril '@name@' acme)" ""
"$SLUICE" new plugin acme --kind provider >out 2>err
check "a folder that is there: exit code" $? 73
check_match "a folder that is there: what to do" "$(cat err)" 'acme: File exists; take another name'
"$SLUICE" new plugin other --kind provder >out 2>err
check "no such kind: exit code" $? 64
check_match "no such kind: which is meant" "$(cat err)" "did you mean 'provider'"
for name in 1a a-b a/b '' "$(printf 'x%.0s' $(seq 33))"; do
    "$SLUICE" new plugin -- "$name" >out 2>err
    check "no name of a plugin: '$name'" $? 64
done
check "nothing is made then" "$(ls -d other 1a a-b 2>/dev/null)" ""
plan
