#!/bin/sh
# Runs with --repeat that overlap, or that go on where one was killed or at its cap, order everything once more
# together: not each of them.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-120}
generations() { sqlite3 state/ledger.db "select count(*) from orders where gen = $1 and state = 3"; }
repeat_in_background() { # it has begun to order, and stands still; $process, repeat.json, repeat.txt
    : >repeat.json
    "$SLUICE" --state-dir state run place.yaml --set OUT=first.csv --repeat --yes --json >repeat.json 2>repeat.txt &
    process=$!
    until [ "$(grep -c '"state":"placed"' repeat.json)" -ge "$1" ]; do kill -0 "$process" || break; done
    until stands_still; do kill -CONT "$process" || break; done
}
stands_still() { # outside of a transaction of the ledger, in which it would be in the way of the others
    kill -STOP "$process" || return 0
    until [ "$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$process/status")" = T ]; do kill -0 "$process" || return 0; done
    sqlite3 -cmd '.timeout 0' state/ledger.db 'begin immediate; rollback' 2>/dev/null
}
end_of_first() { # it goes on to its end
    kill -CONT "$process"
    wait "$process"
    first_code=$? first_placed=$(sed -n 's/.*"summary".*"placed":\([0-9]*\).*/\1/p' repeat.json)
}
planned() { # what `plan --repeat` says it would cost
    "$SLUICE" --state-dir state plan place.yaml --repeat --json 2>plan.txt | sed 's/"services":.*//; s/.*"cost":"\([0-9.]*\)".*/\1/'
}
start_sandbox --fault charge-always --latency 40ms
csv "$rows" >imeis.csv
write_pipeline() { # SPEND: a sink that nobody else writes
    pipeline "limits: {concurrency: 4}" "${1:-}"
    sed -i '/^on_reject:/,/rejected.csv/d; s/sqlite: {path: orders.db}/csv: {path: "${OUT:-out.csv}"}/' place.yaml
}
write_pipeline
run
check "all is ordered" "$code $(sum placed)" "0 $rows"

# The second begins while the first is under way: what that ordered by then is older than the second's beginning.
repeat_in_background 20
: >out.json
"$SLUICE" --state-dir state run place.yaml --repeat --yes --json >out.json 2>err.txt &
second=$!
until grep -q '"state":"placed"' out.json; do kill -0 "$second" || break; done
end_of_first
wait "$second"
code=$? summary=$(grep '"type":"summary"' out.json | tail -1)
check "two that overlap end well" "$first_code $code $(sums_hold)" "0 0 yes"
check "both ordered" "$((first_placed >= 20 && $(sum placed) > 0))" 1
check "together they order each once more" "$((first_placed + $(sum placed))) $(generations 2) $(generations 3)" "$rows $rows 0"
check "each was charged for one repeat" "$(books charged) $(books most_charges)" "$((2 * rows)) 2"
check_match "the second says so" "$(cat err.txt)" 'goes on with the repeat that run [0-9]+ began|run [0-9]+ is at work on this ledger'

# Another pipeline with the same rows, too; here the first stands still until the second is done.
repeat_in_background 20
sed 's/^name: place/name: other/; s/out.csv/other.csv/' place.yaml >other.yaml
"$SLUICE" --state-dir state run other.yaml --repeat --yes --json >out.json 2>err.txt
code=$? summary=$(grep '"type":"summary"' out.json | tail -1)
end_of_first
check "what the first was sending is left to it" "$((code == 0 && $(sum skipped) > 0))" 1
check "so do those of two pipelines" "$first_code $((first_placed + $(sum placed))) $(generations 3) $(generations 4)" "0 $rows $rows 0"
check_match "the other pipeline says why" "$(cat err.txt)" 'run [0-9]+ is at work on this ledger: what it orders isn.t ordered again'
check "each was charged for one more" "$(books charged) $(books most_charges)" "$((3 * rows)) 3"

# One after the other is two repeats.
csv 10 >imeis.csv
run --repeat
run --repeat
check "one after the other: a generation each" "$(generations 4) $(generations 5) $(books most_charges)" "10 10 5"
stop_sandbox

# Killed on the way, and begun again.
rm -rf state ./*.csv
start_sandbox --fault charge-always --latency 40ms
settle=none
write_pipeline
csv "$rows" >imeis.csv
run
repeat_in_background 60
kill -9 "$process"; wait "$process" 2>/dev/null
before=$(books charged)
cost=$(planned)
check_match "the plan of the next one goes on with it" "$(cat plan.txt)" 'goes on with the repeat that run [0-9]+ began 20.* UTC'
check "and charges nothing" "$(books charged)" "$before"
run --repeat
check "what was repeated isn't repeated again: it costs what was planned" "$(sum spent)" "$cost"
check "the rest is ordered, but for what is in doubt" "$(($(generations 2) + $(sum in_doubt))) $(generations 3)" "$rows 0"
check_most "in doubt is what was under way" "$(sum in_doubt)" 8
check "nobody was charged for two repeats" "$(books most_charges)" 2
check_match "it says so" "$(cat err.txt)" 'goes on with the repeat that run [0-9]+ began'
csv 5 >imeis.csv
run --repeat
check "then it is over: the next one is a repeat of its own" "$(generations 3)" "$((5 - $(sum in_doubt)))"
stop_sandbox

# At its cap.
rm -rf state ./*.csv
start_sandbox --fault charge-always
csv 25 >imeis.csv
write_pipeline
run
write_pipeline "spend: {max_run: 0.80}"
codes=
for i in 1 2 3; do run --repeat; codes="$codes$code $(sum placed) "; done
check "at its cap: the next goes on behind it" "$codes$(generations 2) $(generations 3)" "12 10 12 10 0 5 25 0"
run --repeat
check "all were repeated: that was it" "$code $(generations 3)" "12 10"
stop_sandbox

# A limit is no end of it.
rm -rf state ./*.csv
start_sandbox --fault charge-always
csv 25 >imeis.csv
write_pipeline
run
run --repeat --limit 3
codes="$code $(sum placed) "
run --repeat --limit 3
codes="$codes$code $(sum placed) "
run --repeat
check "at its limit: the next goes on, and orders the others" "$codes$code $(sum placed) $(generations 2) $(generations 3)" "0 3 0 0 0 22 25 0"
check_match "it says so" "$(cat err.txt)" 'goes on with the repeat that run [0-9]+ began'
run --repeat --limit 40
check "a limit that isn't reached doesn't matter" "$code $(generations 3)" "0 25"
run --repeat --limit 25
run --repeat --limit 1
check "nor one that is the input's own length: the next is a new one" "$code $(generations 4) $(generations 5)" "0 25 1"
stop_sandbox

# What somebody else ordered meanwhile stands before what the round has ordered: that is ordered all the same.
rm -rf state orders.db* ./*.csv
settle=
start_sandbox --fault charge-always --state books.json
csv 6 >imeis.csv
pipeline
run
stop_sandbox
pipeline "" "spend: {max_run: 0.24}"
start_sandbox --fault charge-always --fault resent --state books.json
run --repeat
check "a proxy sends each again: three are repeated, and charged twice" "$code $(sum placed) $(books charged)" "12 3 12"
stop_sandbox
start_sandbox --fault charge-always --state books.json
cost=$(planned)
run --repeat
check "the others come to light" "$(sum settled)" 3
check "and what was repeated isn't repeated again" "$code $(sum placed) $(sum duplicate) $(books charged) $(books most_charges)" "0 3 3 15 3"
check "the plan says so" "$cost" "$(sum spent)"
plan
