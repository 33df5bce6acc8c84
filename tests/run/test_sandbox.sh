#!/bin/sh
# `sluice sandbox`: what it prints, refuses, counts and keeps.
. "$(dirname "$0")/lib.sh"

refused() { # NAME EXIT PATTERN ARGUMENTS…
    name=$1 want=$2 pattern=$3
    shift 3
    "$SLUICE" sandbox "$@" >out.txt 2>err.txt </dev/null
    check "$name: exit code" $? "$want"
    check_match "$name: message" "$(cat err.txt)" "$pattern"
    check "$name: nothing on standard output" "$(cat out.txt)" ""
}
order() { # IMEI [curl flags]
    imei=$1
    shift
    curl -sS --max-time 10 -d "userId=tester&apiKey=sandbox-key&action=placeorder&networkId=1739&imei=$imei" "$@" \
        "$GSM_FUSION_BASE_URL/gsmfusion_api/index.php"
}
end_sandbox() { # SIGNAL: its exit code
    kill "-$1" "$sandbox_pid"
    wait "$sandbox_pid"
    code=$?
    sandbox_pid=
}

refused "every address" 64 "listens on 127.0.0.1 or \[::1\] only" gsm_fusion --listen 0.0.0.0:0
refused "another address" 64 "'192.0.2.1' is not this machine alone" gsm_fusion --listen 192.0.2.1:80
refused "no address" 64 "'here' is no address; write 127.0.0.1:5099" gsm_fusion --listen here
refused "a port that isn't one" 64 "is no address" gsm_fusion --listen 127.0.0.1:65536
refused "an unknown fault" 64 "no fault 'closed' here; did you mean 'close'" gsm_fusion --fault closed
refused "a fault at odd times" 64 "write first, every:10 or all" gsm_fusion --fault close=often
refused "a fault twice" 64 "--fault close was given twice" gsm_fusion --fault close --fault close=first
refused "an odd latency" 64 "--latency: 'slow' is no duration" gsm_fusion --latency slow
refused "an unknown option" 64 "no option 'colour'" gsm_fusion --option colour=red
refused "an option's wrong value" 64 "--option credit: " gsm_fusion --option credit=much
refused "no provider" 64 "PROVIDER is missing"
refused "an unknown provider" 78 "no_such_provider" no_such_provider
refused "a plugin without a sandbox" 78 "the plugin csv has no sandbox" csv
refused "a state file that can't be" 73 "/nowhere/books: can't be opened" gsm_fusion --state /nowhere/books
echo "something else" >other
refused "a file of something else" 65 "other: isn't the state of a sandbox" gsm_fusion --state other
check "and that file is as it was" "$(cat other)" "something else"

start_sandbox --option credit=0.20 --fault hang=every:100
check_match "the address on standard output" "$GSM_FUSION_BASE_URL" '^http://127\.0\.0\.1:[0-9]+$'
refused "a port that is taken" 73 "can't be listened on: Address already in use" gsm_fusion --listen "${GSM_FUSION_BASE_URL#http://}"
check_match "an order" "$(order 001001001234563)" '<id>[0-9]+</id>'
check_match "the same again" "$(order 001001001234563)" 'IMEI already exists!'
order 004400000000016 >/dev/null
check_match "the option counts: no credit for a third" "$(order 004900000000015)" 'Credit has been finished!'
check "requests" "$(books requests)" 4
check "charged" "$(books charged)" 2
check "amount" "$(books amount)" 0.16
check_match "each charge by itself" "$(curl -sS "$GSM_FUSION_BASE_URL/_sandbox/charges" | sed -n 2p)" \
    '^\{"identifier":"004400000000016","service":"1739","charges":1,"amount":"0.08"\}$'
end_sandbox INT
check "SIGINT: exit code" "$code" 0
check_match "the summary" "$(cat sandbox.log)" \
    '^requests 4, charges 2, identifiers 2, most charges for one identifier 1, amount 0.16$'
check_match "who it knows" "$(cat sandbox.log)" 'sandbox of gsm_fusion knows: username=tester, api_key=sandbox-key$'
check_match "a fault that never struck is named" "$(cat sandbox.log)" 'warning: the fault hang never struck'

start_sandbox --json --fault close
order 001001001234563 >/dev/null 2>curl.txt
check_match "closed without a reply" "$(cat curl.txt)" 'Empty reply'
end_sandbox TERM
check "SIGTERM: exit code" "$code" 0
check "nothing but JSON" "$(wc -l <sandbox.log | tr -d ' ')" 1
check_match "the summary as JSON" "$(cat sandbox.log)" \
    '^\{"provider":"gsm_fusion","requests":1,"charged":1,"identifiers":1,"most_charges":1,"repeated":0,"amount":"0.08","faults":\{"close":1\}\}$'

# Books that outlive a process that is killed.
start_sandbox --state books
order 001001001234563 >/dev/null
order 004400000000016 >first.txt
{ end_sandbox KILL; } 2>/dev/null
start_sandbox --state books
check "after kill -9: charged" "$(books charged)" 2
check_match "after kill -9: the order is known" "$(order 004400000000016)" 'IMEI already exists!'
check_match "after kill -9: the next number" "$(order 004900000000015)" '<id>[0-9]+</id>'
check "no number twice" "$(order 008600000000017 | cat - first.txt | grep -o '<id>[0-9]*' | sort | uniq -d)" ""
refused "books in use" 75 "books: another sandbox is using it" gsm_fusion --state books
stop_sandbox

# Books that can't be kept any more: better no provider than a forgetful one.
mkfifo ready
(trap '' XFSZ; ulimit -f 1; exec "$SLUICE" sandbox gsm_fusion --state full >ready 2>sandbox.log) &
sandbox_pid=$!
read -r GSM_FUSION_BASE_URL <ready
csv 9 | sed '1d; s/,.*//' | while read -r imei; do order "$imei" >/dev/null 2>&1; done
wait "$sandbox_pid"
check "books that can't be written: exit code" $? 74
sandbox_pid=
check_match "books that can't be written: message" "$(cat sandbox.log)" 'error: full: can.t be written: File too large'
plan
