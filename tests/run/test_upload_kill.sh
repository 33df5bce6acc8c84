#!/bin/sh
# A job of 2,000 that people have uploaded, and kill -9 in the middle, several times: it goes on from where it
# was, each identifier is charged once, and nothing is lost.
. "$(dirname "$0")/lib.sh"
: "${SLUICE_TEST_FIXTURES:?names the folder of plugins for tests}"
rows=${ROWS:-2000}
serve_pid=
trap 'kill -9 $serve_pid 2>/dev/null; finish' EXIT

start_serve() {
    "$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" --state-dir "$home/state" serve letterbox.yaml --listen none >serve.out 2>>serve.log &
    serve_pid=$!
}
until_true() { # a command: wait until it succeeds, for two minutes at most
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 2400 ] || return 1
        sleep 0.05
    done
}
answered() { grep -q -- "$1" answers.txt; }
send() { echo "$*" >box; }
job() { # the job as its page sees it
    : >answers.txt
    send "ask 5 job=upload"
    until_true answered '^answered' || return 1
    grep '^job=upload' answers.txt
}
count() { # STATE of the job
    job | sed -n "s/.* $1=\([0-9]*\).*/\1/p"
}
has() { [ "$(count "$1")" -ge "$2" ]; }
is_over() { job | grep -q ' open=0 waiting=0 '; }

mkfifo box
: >answers.txt
cat >letterbox.yaml <<END
name: letterbox
source:
  letterbox: {pipe: box, answers: answers.txt}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739", limits: {concurrency: 8}}
sinks:
  - sqlite: {path: orders.db}
spend: {confirm: false, max_run: 100000.00, max_in_doubt: 1000000, settle_after: 1s}
END
start_sandbox --fault charge-always --latency 2ms
start_serve
send "submit upload $(csv "$rows" 0 1 | sed 1d | cut -d, -f1 | tr '\n' ' ')"
until_true answered '^submitted upload 0'
check "an upload is acknowledged" "$(grep -c '^submitted upload 0' answers.txt)" 1

fell=0 before=0
for part in 1 2 3 4; do
    until_true has placed $((part * rows / 6))
    check "it goes on, try $part" "$?" 0
    kill -9 "$serve_pid"; wait "$serve_pid" 2>/dev/null
    start_serve
    now=$(count placed)
    [ "${now:-0}" -ge "$before" ] || fell=1
    before=$now
done
check "what was done stays done" "$fell" 0
until_true is_over
in_doubt=$(count in_doubt)
check "each row has an end" "$(($(count placed) + in_doubt))" "$rows"
check "what was charged is placed, once" "$(books charged) $(books most_charges)" "$(count placed) 1"

# What was about to be sent isn't at the provider, whose list isn't whole: a person decides.
: >answers.txt
send "ask 2 state=in_doubt"
until_true answered '^answered'
sed -n 's/.* key=\([0-9a-f]*\) .*/\1/p' answers.txt >keys.txt
check "what is in doubt can be seen" "$(sort -u keys.txt | wc -l)" "$in_doubt"
: >answers.txt
while read -r key; do
    send "act 2 key=$key reason=killed who=test wait=60000"
done <keys.txt
resolved() { [ "$(grep -c '^acted done: ' answers.txt)" -ge "$in_doubt" ]; }
until_true resolved
check "and decided on" "$(grep -c "^acted done: .* isn't bought; it may be ordered again" answers.txt)" "$in_doubt"
until_true has placed "$rows"
check "then it is ordered, too" "$(count placed) $(books charged) $(books most_charges)" "$rows $rows 1"
kill "$serve_pid"; wait "$serve_pid"
serve_pid=
check "and every order is stored" "$(stored)" "$rows"
spent=$(awk "BEGIN { printf \"%.2f\", $rows * 0.08 }")
start_serve
check "the job says what it has cost" "$(job | sed -n 's/.* spent=\([0-9.]*\).*/\1/p')" "$spent"
: >answers.txt
send "ask 6 job=upload state=open limit=1"
until_true answered '^answered'
check "no row is left open" "$(grep -c '_row=' answers.txt)" 0
kill "$serve_pid"; wait "$serve_pid"
serve_pid=
plan
