#!/bin/sh
# A source that people send to: jobs are kept before they are acknowledged, ordered once, and told of.
. "$(dirname "$0")/push.sh"
orders=${ORDERS:-200}
letterbox() { # [SPEND]
    cat >letterbox.yaml <<END
name: letterbox
source:
  letterbox: {pipe: box, answers: answers.txt}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - sqlite: {path: orders.db}
spend: {confirm: false, max_run: ${1:-100000.00}, max_in_doubt: 1000000}
END
}

mkfifo box
: >answers.txt
letterbox
start_sandbox --fault charge-always

# --- a job, the same job again, the same IMEIs in another job, and again on purpose ---
start_serve
send "submit one $(imeis 1 3)not-an-imei"
until_true have one placed 3
check "a job is acknowledged" "$(grep -c '^submitted one 0' answers.txt)" 1
check "its rows are ordered" "$(outcomes one placed) $(books charged)" "3 3"
until_true have one rejected 1
check "a bad row is told of, too" "$(outcomes one rejected)" 1
send "submit one $(imeis 1 3)not-an-imei"
until_true answered '^submitted one 1'
send "submit one $(imeis 10 3)"
until_true answered "^submitted one -64 there is a job 'one' already"
check "and not by its name with other rows" "$?" 0
send "submit two $(imeis 1 3)"
until_true have two duplicate 3
check "a job of the same name is taken once" "$(books charged)" 3
check "what was ordered before is a duplicate" "$(outcomes two duplicate)" 3
send "repeat three $(imeis 1 2)"
until_true have three placed 2
check "a job that is meant to order again does" "$(books charged) $(books most_charges)" "5 2"
send "rows three"
until_true answered '_row=2 _state=placed'
check "the rows of a job can be asked for" "$(grep -c '^imei=.* _row=[12] _state=placed _order_id=[0-9]' answers.txt)" 2
send "jobs"
until_true answered '^job=one '
check_match "and the jobs" "$(cat answers.txt)" '^job=one id=1 submitted_ms=[0-9]+ repeat=0 rows=4 open=0 waiting=0 placed=3 duplicate=0 rejected=1 in_doubt=0'
stop_serve
check "it ends when it is told to" $code 0
check "all that was ordered is stored" "$(stored)" 5

# --- the provider is away: jobs are kept, and ordered once it is back ---
address=$GSM_FUSION_BASE_URL
export GSM_FUSION_BASE_URL=http://127.0.0.1:9
start_serve
send "submit later $(imeis 20 3)"
until_true answered '^submitted later 0'
check "a job is taken while the provider is away" "$(outcomes later placed)" 0
stop_serve
export GSM_FUSION_BASE_URL="$address"
start_serve
until_true have later placed 3
check "and ordered by the next service" "$(outcomes later placed) $(books charged)" "3 8"
stop_serve

# --- the ends of a job were lost in a crash, and the clock was set: a wish is one order a row all the same ---
for step in -240000 240000; do
    start_serve
    send "repeat wish$step $(imeis 1 2)"
    until_true have "wish$step" placed 2
    stop_serve
    : >answers.txt
    charged=$(books charged)
    sqlite3 state/inbox.db "UPDATE rows SET state = 0, order_id = NULL, price = NULL WHERE id >= (SELECT id FROM jobs WHERE name = 'wish$step');
        UPDATE jobs SET open = rows, placed = 0, spent = 0, submitted_ms = submitted_ms + $step WHERE name = 'wish$step'"
    start_serve
    until_true have "wish$step" placed 2
    stop_serve
    check "a clock that was set ($step ms) pays for no wish twice" "$(outcomes "wish$step" placed) $(books charged)" "2 $charged"
done

# --- kill -9 in the middle: nothing is lost, nothing is ordered twice ---
row=1000
for round in 1 2 3; do
    start_serve
    n=0
    while [ $n -lt $((orders / 50)) ]; do
        send "submit kill-$round-$n $(imeis $row 50)"
        row=$((row + 50))
        n=$((n + 1))
    done
    until_true answered "^submitted kill-$round-$((n - 1)) 0"
    kill -9 "$serve_pid"; wait "$serve_pid" 2>/dev/null
done
start_serve
ended() {
    : >answers.txt
    send "jobs"
    until_true answered '^answered' || return 1
    [ "$(grep '^job=kill' answers.txt | grep -c ' open=0 waiting=0 ')" -ge $((3 * orders / 50)) ]
}
until_true ended
check "each job has come to its end" "$(grep '^job=kill' answers.txt | grep ' open=0 waiting=0 ' | cut -d' ' -f1 | sort -u | wc -l)" $((3 * orders / 50))
check "no identifier has two charges" "$(books most_charges)" 4 # three wishes, on purpose
"$SLUICE" --state-dir "$home/state" ledger settle -f letterbox.yaml --plugin-dir "$SLUICE_TEST_FIXTURES" >settle.txt 2>&1
in_doubt=$("$SLUICE" --state-dir "$home/state" ledger list --state in_doubt --json | grep -c '"state"')
stop_serve
check "every order that was charged is stored or in doubt" "$(($(stored) + in_doubt - $(books charged) >= 0))" 1
check "nothing is charged that nobody asked for" "$(($(books charged) <= 12 + 3 * orders))" 1

# --- wishes, and kill -9 while they are ordered: each row is one order ---
ended() { # PATTERN COUNT: so many jobs have come to their end
    : >answers.txt
    send "jobs"
    until_true answered '^answered' || return 1
    [ "$(grep "^job=$1" answers.txt | grep -c ' open=0 waiting=0 ')" -ge "$2" ]
}
charges() { # how often the identifiers of FIRST N were charged, at most
    imeis "$1" "$2" | tr ' ' '\n' | sed '/^$/d' >wished.txt
    curl -sS "$GSM_FUSION_BASE_URL/_sandbox/charges" | grep -F -f wished.txt |
        sed -n 's/.*"charges":\([0-9]*\).*/\1/p' | sort -rn | head -1
}
for wish in 0 1 2 3; do
    start_serve
    send "repeat again-$wish $(imeis $((1000 + 50 * wish)) 50)"
    until_true have "again-$wish" placed 1
    kill -9 "$serve_pid"; wait "$serve_pid" 2>/dev/null
done
start_serve
until_true ended again 4
stop_serve
check "killed on the way: a wish is one order a row" "$(charges 1000 200)" 2
plan
