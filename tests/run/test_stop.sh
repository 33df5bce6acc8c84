#!/bin/sh
# Signals, two processes on one ledger, connections that die, and secrets.
. "$(dirname "$0")/lib.sh"
csv 400 >imeis.csv
pipeline "limits: {concurrency: 4}"

# SIGTERM: calls in flight end, the rest is left, nothing is in doubt.
start_sandbox --fault charge-always --latency 50ms
"$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt &
pid=$!
while [ "$(books charged)" -lt 20 ]; do :; done
kill "$pid"; wait "$pid"; code=$?
summary=$(grep '"type":"summary"' out.json | tail -1)
check "SIGTERM: exit code" "$code" 75
check "SIGTERM: nothing in doubt, the sums hold" "$(sum in_doubt) $(sums_hold)" "0 yes"
check "SIGTERM: what was charged is stored" "$(books charged)" "$(stored)"
run
check "afterwards the rest is placed" "$code $(stored) $(books most_charges)" "0 400 1"
stop_sandbox

# A terminal that is closed ends a run in order, too; under nohup it doesn't end it.
rm -rf state orders.db*
start_sandbox --fault charge-always --latency 20ms
for prefix in "" nohup; do
    csv $((200 + ${#prefix})) >imeis.csv
    before=$(books charged)
    # shellcheck disable=SC2086
    ${prefix:-env --default-signal=HUP} "$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt &
    pid=$!
    while [ "$(books charged)" -le "$before" ]; do :; done
    kill -HUP "$pid"; wait "$pid"; code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
    check "SIGHUP${prefix:+ under }$prefix: exit code, nothing in doubt, the sums" \
        "$code $(sum in_doubt) $(sums_hold)" "$([ "$prefix" ] && echo 0 || echo 75) 0 yes"
done
check "SIGHUP: every row is placed in the end" "$(stored) $(books most_charges)" "205 1"
stop_sandbox

# Somebody is asked, and says no: nothing is sent, and the run is over in the ledger, too.
rm -rf state orders.db*
start_sandbox
python3 - "$SLUICE" >answer.txt <<'EOF'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "--state-dir", "state", "run", "place.yaml"])
seen = b""
while b"[y/N]" not in seen:
    seen += os.read(terminal, 1000)
os.write(terminal, b"n\n")
try:
    while os.read(terminal, 1000):
        pass
except OSError:
    pass
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF
check "declined: exit code, charges" "$(cat answer.txt) $(books charged)" "75 0"
check "declined: the run has ended" "$(sqlite3 state/ledger.db 'select ended_ms is not null, exit_code from runs')" "1|75"
stop_sandbox

# Nobody writes to the pipe any more, and nobody closes it: the first signal ends the run all the same.
rm -rf state
mkfifo pipe
exec 9<>pipe
printf 'imei,note\n001001001234563,a\n004400000000016,b\n"half a ' >&9
cat >copy.yaml <<'EOF'
source: {csv: {path: "-"}}
sinks: [{sqlite: {path: copy.db, table: t, conflict: imei}}]
EOF
"$SLUICE" --state-dir state run --json copy.yaml <pipe 9>&- >out.json 2>err.txt &
pid=$!
until [ "$(sqlite3 copy.db 'select count(*) from t' 2>/dev/null)" = 2 ]; do
    kill -0 "$pid" 2>/dev/null || break
done
kill "$pid"
wait "$pid"
code=$?
exec 9>&-
summary=$(grep '"type":"summary"' out.json | tail -1)
check "a pipe that never ends: exit code, what was read before, the sums" \
    "$code $(sum passed) $(sums_hold)" "75 2 yes"
check_match "a pipe that never ends: no failure is told" "$(cat err.txt)" "stopping"
check "a pipe that never ends: nor is one of the torn row" "$(grep -c 'error' err.txt)" 0

# A server that reads the next request on a kept-alive connection, charges and closes it.
rm -rf state orders.db*
csv 40 >imeis.csv
pipeline "limits: {concurrency: 1}" "spend: {max_in_doubt: 1000}"
start_sandbox --fault charge-always --fault close-idle=every:3
run
check "closed connections: one request an order" "$(books most_charges)" 1
check "closed connections: the sums hold" "$(sums_hold)" yes
check "closed connections: charged = placed + in doubt" "$(books charged)" $(($(sum placed) + $(sum in_doubt)))
stop_sandbox

# Two processes, one ledger, the same rows: each order goes to one of them.
rm -rf state orders.db*
csv 600 >imeis.csv
pipeline "limits: {concurrency: 8}"
sed 's/^name: place/name: other/; s/orders.db/other.db/; s/rejected.csv/other-rejected.csv/' place.yaml >other.yaml
start_sandbox --fault charge-always --latency 5ms
"$SLUICE" --state-dir state run other.yaml --yes --json >other.json 2>other.txt &
pid=$!
run
wait "$pid"
check "two processes: charged once each" "$(books charged) $(books most_charges)" "600 1"
check "two processes: every order is in one store" "$(($(stored) + $(sqlite3 other.db 'select count(*) from orders')))" 600
check "two processes: the sums hold" "$(sums_hold)" yes
stop_sandbox

# A dead provider: nothing is sent, nothing is in doubt.
rm -rf state orders.db*
csv 3 >imeis.csv
run
check "provider down: 69" "$code" 69
check_match "provider down: one clear line" "$(cat err.txt)" 'refused the connection'

# Secrets.
start_sandbox
"$SLUICE" --state-dir state --log-level debug run place.yaml --yes --json >out.json 2>err.txt
check "the key is nowhere in the output" "$(cat out.json err.txt | grep -c sandbox-key)" 0
check "nor in the ledger" "$(strings -a state/ledger.db | grep -c sandbox-key)" 0
check "state is private" "$(stat -c '%a' state state/ledger.db | tr '\n' ' ')" "700 600 "
plan
