#!/bin/sh
# Other spellings of one account, and accounts that are others: what was ordered on an account counts as ordered
# however its address is written, and a name that differs in letter case alone is never taken for another one.
. "$(dirname "$0")/lib.sh"
settle=none
start_sandbox --fault charge-always
unset GSM_FUSION_ACCOUNT
csv 5 >imeis.csv
pipeline
run
check "to begin with" "$code $(sum placed) $(books charged)" "0 5 5"
base=$GSM_FUSION_BASE_URL
port=${base##*:}
for url in "$base/" "HTTP://127.0.0.1:$port" "http://127.0.0.1:0$port" "$base/gsmfusion_api"; do
    GSM_FUSION_BASE_URL=$url
    run
    check "the address as $(echo "$url" | sed "s/$port/PORT/")" "$code $(sum duplicate) $(sum placed)" "0 5 0"
done
GSM_FUSION_BASE_URL=$base
name=tester@127.0.0.1:$port

as() { # ACCOUNT: a run with it
    GSM_FUSION_ACCOUNT=$1
    export GSM_FUSION_ACCOUNT
    run
}
as "$name"
check "the name of the account written out" "$code $(sum duplicate) $(sum placed)" "0 5 0"
as " $name "
check "with blanks around it" "$code $(sum duplicate) $(sum placed)" "0 5 0"
as "Tester@127.0.0.1:$port"
check "in other letter case: 78, nothing is sent" "$code $(books charged)" "78 5"
check_match "what it differs from, and what to write" "$(cat err.txt)" \
    "'Tester@[^ ]*' is new .*'$name' differs from it only in letter case.*write \`account: $name\`"
check "a plan says so, too" "$("$SLUICE" --state-dir state plan place.yaml 2>&1 >plan.txt | grep -c 'letter case')" 1
as second
check "another account is another one" "$code $(sum placed) $(books charged)" "0 5 10"
check_match "and that is said" "$(cat err.txt)" "the account 'second' is new to this ledger.*'$name'"
as TESTER@127.0.0.1:"$port"
check_match "of several, the one that it is like is named" "$code $(cat err.txt)" "^78 .*write \`account: $name\`"
as Second
check_match "whichever that is" "$code $(cat err.txt)" "^78 .*write \`account: second\`"
as second
check "those that are known go on" "$code $(sum duplicate) $(books charged)" "0 5 10"
plan
