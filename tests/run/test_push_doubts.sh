#!/bin/sh
# Rows of a job whose orders are in doubt: whoever settles them, the job learns it.
. "$(dirname "$0")/push.sh"

letterbox() {
    cat >letterbox.yaml <<END
name: letterbox
source:
  letterbox: {pipe: box, answers: answers.txt}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"${1:+, settle: $1}}
sinks:
  - sqlite: {path: orders.db}
spend: {confirm: false, max_run: 100000.00, max_in_doubt: 1000000}
END
}
resolve() {
    "$SLUICE" --state-dir "$home/state" ledger resolve -f letterbox.yaml --plugin-dir "$SLUICE_TEST_FIXTURES" "$@" >resolve.txt 2>&1
}
order_in_doubt() { # its identifier
    "$SLUICE" --state-dir "$home/state" ledger list --state in_doubt --json | sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p'
}

mkfifo box
: >answers.txt
letterbox none
start_sandbox --fault close=every:2 --fault charge-always

# --- somebody finds out that it was ordered, while the service runs ---
start_serve
send "submit found $(imeis 1 2)"
until_true have found in_doubt 1
until_true have found placed 1
check "one of two orders is in doubt" "$(outcomes found placed) $(outcomes found in_doubt) $(books charged)" "1 1 2"
imei=$(order_in_doubt)
until_true resolve "$imei" --placed 5000002
check "it is resolved" "$(ledger_count in_doubt)" 0
until_true have found placed 2
check "the job learns it" "$(outcomes found placed) $(books charged)" "2 2"
send "rows found"
until_true answered '_row=2 _state=placed'
check "with the order's id" "$(grep -c '^imei=.* _row=[12] _state=placed _order_id=500000[12]' answers.txt)" 2

# --- somebody finds out that it wasn't: whoever sent it still waits for it ---
send "submit missed $(imeis 11 2)"
until_true have missed in_doubt 1
until_true have missed placed 1
imei=$(order_in_doubt)
resolve "$imei" --not-placed --unchecked --reason "support: no such order"
until_true have missed placed 2
check "what wasn't ordered is ordered now" "$(outcomes missed placed) $(outcomes missed waiting)" "2 1"
stop_serve

# --- the service asks by itself, once it is there again ---
start_serve
send "submit late $(imeis 21 2)"
until_true have late in_doubt 1
until_true have late placed 1
stop_serve
check "it stays in doubt while nobody asks" "$(outcomes late in_doubt) $(outcomes late placed)" "1 1"
letterbox
start_serve
until_true have late placed 2
stop_serve
check "and is found by the next service" "$(outcomes late placed) $(ledger_count in_doubt)" "2 0"
stop_sandbox

# --- why an order stays in doubt is said once, not by each run ---
rm -rf state orders.db
start_sandbox --fault html=first --fault charge-always
: >serve.log
start_serve
send "submit why $(imeis 31 1)"
until_true have why in_doubt 1
for i in 1 2 3; do
    send "submit more$i $(imeis "4$i" 1)"
    until_true have "more$i" placed 1
done
stop_serve
check "why an order stays in doubt is said" "$(grep -c 'stays in doubt: ' serve.log)" 1
check_match "in so many words" "$(cat serve.log)" 'info: actions\[1\] gsm_fusion.place: [0-9]{15} stays in doubt: it isn.t in the provider.s list of recent orders, and nothing says that the list is complete'
plan
