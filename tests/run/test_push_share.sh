#!/bin/sh
# spend.max_run of a source that people send to: each job's own, over all runs that work on it.
. "$(dirname "$0")/push.sh"
cat >letterbox.yaml <<END
name: letterbox
source:
  letterbox: {pipe: box, answers: answers.txt}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - sqlite: {path: orders.db}
spend: {confirm: false, max_run: 0.80, max_in_doubt: 1000000}
END

mkfifo box
: >answers.txt
start_sandbox --fault charge-always
spent() { # JOB
    : >answers.txt
    send "jobs"
    until_true answered '^answered'
    sed -n "s/^job=$1 .*rows=\([0-9]*\) open=\([0-9]*\) waiting=\([0-9]*\) .* spent=\(.*\)$/\1 \2 \3 \4/p" answers.txt | tr -d '\n'
}

# --- a job that is too large ends at its cap; the others go on ---
start_serve
send "submit big $(imeis 1 25)"
send "submit small $(imeis 101 3)"
until_true have big skipped 15
until_true have small placed 3
check "ten of twenty-five are ordered, the others have an end" "$(outcomes big placed) $(outcomes big skipped)" "10 15"
check "another job has a cap of its own" "$(outcomes small placed)" 3
check "and nothing else is charged" "$(books charged)" 13
send "rows big"
until_true answered '_row=25 _state=skipped'
check_match "a row says why" "$(cat answers.txt)" '_row=25 _state=skipped .*_code=max_run _reason=one job may spend 0.80'
check "so does the log, once" "$(grep -c 'job big: one job may spend 0.80 (max_run), and it has: row 11 and' serve.log)" 1
check "nothing of it waits" "$(spent big)" "25 0 0 0.80"
send "submit rest $(imeis 1 25)"
until_true have rest skipped 5
check "the rest is another job's: what is known costs it nothing" "$(outcomes rest duplicate) $(outcomes rest placed) $(books charged)" "10 10 23"
stop_serve
check "it ends when it is told to" $code 0

# --- the next run goes on from what the job has spent ---
again() { # WHERE: rows of `big` that a crash left without an end
    : >answers.txt
    sqlite3 state/inbox.db "UPDATE rows SET state = 0, order_id = NULL, price = NULL WHERE id IN
            (SELECT rows.id FROM rows JOIN jobs ON rows.id BETWEEN jobs.id AND jobs.id + 24 WHERE name = 'big') AND ($1);
        UPDATE jobs SET (open, placed, duplicate, skipped, spent) = (SELECT count(*) FILTER (WHERE state = 0),
                count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),
                count(*) FILTER (WHERE state = 6), coalesce(sum(price), 0)
                FROM rows WHERE rows.id BETWEEN jobs.id AND jobs.id + 24) WHERE name = 'big'"
    start_serve
    until_true have big skipped "$2"
    stop_serve
}
again "state = 6" 5
check "what an earlier run has bought counts" "$(outcomes big duplicate) $(outcomes big skipped) $(books charged)" "10 5 23"
again "1" 5
check "so does what a crash kept from being told" "$(outcomes big placed) $(outcomes big duplicate) $(outcomes big skipped) $(books charged)" "10 10 5 23"

# --- killed on the way ---
row=1000
start_serve
for job in a b c d; do
    send "submit killed-$job $(imeis $row 40)"
    row=$((row + 40))
done
until_true answered '^submitted killed-d 0'
kill -9 "$serve_pid"; wait "$serve_pid" 2>/dev/null
start_serve
ended() {
    : >answers.txt
    send "jobs"
    until_true answered '^answered' || return 1
    [ "$(grep '^job=killed' answers.txt | grep -c ' open=0 waiting=0 ')" -ge 4 ]
}
until_true ended
check "no job has spent more than it may" "$(sed -n 's/^job=killed.* spent=//p' answers.txt | awk '$1 > 0.80' | wc -l)" 0
check_most "nor was more charged" "$(books charged)" $((23 + 40))
check "nobody was charged twice" "$(books most_charges)" 1
stop_serve
plan
