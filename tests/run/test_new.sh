#!/bin/sh
# new pipeline: what it writes passes lint without a word, orders, and never takes the place of anything.
. "$(dirname "$0")/lib.sh"

"$SLUICE" new pipeline place-mine >out 2>err
check "new pipeline: exit code" $? 0
check_match "new pipeline: says what it made" "$(cat out)" '^place-mine.yaml is a pipeline'
check "new pipeline: nothing on stderr" "$(cat err)" ""
start_sandbox
"$SLUICE" lint place-mine.yaml >out 2>err
check "it passes lint: exit code" $? 0
check "it passes lint: no warning, no note" "$(cat err)" ""
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
check_match "new something else" "$(cat err)" 'write `sluice new pipeline NAME`'
plan
