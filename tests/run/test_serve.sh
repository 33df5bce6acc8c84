#!/bin/sh
# The service: triggers, signals, failures, what it tells those who watch it, and kill -9 under load.
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-4}
serve_pid=

start_serve() { # flags and files: `sluice serve`; its address in $url
    mkfifo "$home/address.$$"
    "$SLUICE" --state-dir "$home/state" serve --listen 127.0.0.1:0 "$@" >"$home/address.$$" 2>serve.log &
    serve_pid=$!
    IFS= read -r url <"$home/address.$$"
    rm -f "$home/address.$$"
}
stop_serve() { # the exit code in $code
    kill "${1:--TERM}" "$serve_pid"; wait "$serve_pid"; code=$?
    serve_pid=
}
refused() { # flags and files: a service that must not start; its exit code in $code
    timeout 120 "$SLUICE" --state-dir "$home/state" serve --listen 127.0.0.1:0 "$@" >out.txt 2>err.txt
    code=$?
}
trap 'kill -9 $serve_pid 2>/dev/null; finish' EXIT
until_true() { # a command: wait until it succeeds, for five minutes at most
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 6000 ] || return 1
        sleep 0.05
    done
}
metric() { # SERIES: its value; of several that begin so, the sum
    curl -sS "$url/metrics" | grep -F "$1" | grep -v "^#" | awk '{ sum += $NF } END { print int(sum) }'
}
metric_is() { [ "$(metric "$1")" -ge "$2" ]; }                                     # SERIES N: at least
logged() { grep -q -- "$1" serve.log; }
logged_times() { [ "$(grep -c -- "$1" serve.log)" -ge "$2" ]; }
health() { curl -sS "$url/healthz" | python3 -c "import json,sys; print(json.load(sys.stdin)$1)"; }

serving() { # [OF-PLACE]: place.yaml and list.yaml with triggers
    pipeline "${1:-}" "trigger: {every: 1s}
spend: {max_run: 100000.00, max_in_doubt: 1000000, confirm: false}"
    cat >list.yaml <<END
name: list
trigger: {every: 1s}
source:
  csv: {path: numbers.csv}
sinks:
  - csv: {path: list.csv, mode: replace}
END
    printf 'number\n1\n2\n' >numbers.csv
}

# --- nobody reads what it says: it works and ends all the same ---
printf 'number\n1\n2\n' >numbers.csv
cat >list.yaml <<END
name: list
trigger: {every: 1s}
source:
  csv: {path: numbers.csv}
sinks:
  - csv: {path: list.csv, mode: replace}
END
mkfifo full
exec 9<>full
head -c 65536 /dev/zero >&9
mkfifo address
"$SLUICE" --state-dir "$home/state" serve --listen 127.0.0.1:0 list.yaml >address 2>&9 &
serve_pid=$!
IFS= read -r url <address
until_true metric_is 'sluice_pipeline_runs_total{pipeline="list",exit="0"}' 2
check "a service whose messages nobody reads goes on" "$?" 0
stop_serve
exec 9>&-
rm -r full address list.csv state list.yaml
check "and ends when it is told to" "$code" 0

# --- two pipelines, and what is said of them ---
csv 60 >imeis.csv
serving
start_sandbox --fault charge-always
start_serve place.yaml list.yaml
until_true metric_is 'sluice_pipeline_runs_total{pipeline="place",exit="0"}' 2
until_true metric_is 'sluice_pipeline_runs_total{pipeline="list",exit="0"}' 2
check "both ran again and again, each order is placed once" "$(stored) $(books charged) $(books most_charges)" "60 60 1"
check "its store is named once, not by each run" "$(grep -c 'place: writes to SQLite .*orders.db' serve.log)" 1
check "healthz: 200" "$(curl -s -o /dev/null -w '%{http_code}' "$url/healthz")" 200
check "healthz: as a whole" "$(health '["status"]') $(health '["ledger"]["status"]')" "ok ok"
check "healthz: a pipeline's last run" \
    "$(health '["pipelines"][0]["name"]') $(health '["pipelines"][0]["last_run"]["exit"]')" "place 0"
check "healthz: its store" "$(health '["pipelines"][0]["stores"][0]["status"]')" ok
check "healthz: the provider" "$(health '["providers"][0]["status"]')" ok
curl -sS "$url/metrics" >metrics.txt
check "metrics: well-formed" "$(python3 "$here/metrics.py" <metrics.txt)" good
if command -v promtool >/dev/null; then
    check "metrics: promtool agrees" "$(promtool check metrics <metrics.txt 2>&1)" ""
fi
check "metrics: orders, spent, in doubt" \
    "$(metric 'sluice_orders{state="placed"}') $(metric 'sluice_orders{state="in_doubt"}')" "60 0"
check_match "metrics: money" "$(cat metrics.txt)" '^sluice_spent_total\{pipeline="place",currency="USD"\} 4\.80$'
check_match "metrics: records" "$(cat metrics.txt)" '^sluice_records_total\{pipeline="place",outcome="placed"\} 60$'
check_most "metrics: each call is in the histogram" 60 "$(metric 'sluice_call_duration_seconds_count')"
check_match "metrics: queues" "$(cat metrics.txt)" '^sluice_sink_queue_bytes\{pipeline="place",sink="sqlite#1"\} [0-9]+$'
check "secrets are on no page" "$(curl -sS "$url/metrics" "$url/healthz" | grep -c sandbox-key)" 0

# --- who may ask, and how ---
ask() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
check "another Host is refused" "$(ask -H 'Host: rebound.example' "$url/metrics") $(ask -H 'Host: localhost:1' "$url/metrics")" "403 200"
check "GET only" "$(ask -X POST -d x "$url/healthz") $(ask -X DELETE "$url/healthz") $(ask -I "$url/healthz")" "405 405 200"
check "other pages" "$(ask "$url/") $(ask "$url/../etc/passwd")" "404 404"
refused list.yaml --listen "${url#http://}"
check "the address is taken" "$code" 73
check_match "the address is taken: the remedy" "$(cat err.txt)" 'give another --listen'

# --- reload ---
sed 's/every: 1s/every: 1x/' list.yaml >bad.yaml
cp list.yaml good.yaml
cp bad.yaml list.yaml
kill -HUP "$serve_pid"
until_true logged 'reloaded: 1 of 2'
check_match "a bad file: what is wrong" "$(cat serve.log)" '^list.yaml:2:18: error: '
runs=$(metric 'sluice_pipeline_runs_total{pipeline="list",exit="0"}')
until_true metric_is 'sluice_pipeline_runs_total{pipeline="list",exit="0"}' $((runs + 2))
check "a bad file: the old one goes on" $? 0
# shellcheck disable=SC2016
sed 's/list.csv/"${OUT}"/' good.yaml >list.yaml
echo 'OUT=other.csv' >.env
kill -HUP "$serve_pid"
until_true logged 'reloaded: 2 of 2'
until_true test -s other.csv
check "a good file: it is used, with the new .env" $? 0
until_true logged_times 'place: writes to SQLite' 2
check "and each store is named again" $? 0
sed '/confirm/d' place.yaml >unasked.yaml
cp place.yaml asked.yaml
cp unasked.yaml place.yaml
kill -HUP "$serve_pid"
until_true logged_times 'reloaded: 1 of 2' 2
check_match "a pipeline that would spend unasked isn't taken" "$(cat serve.log)" 'place.yaml: this pipeline spends, and a service can.t ask'
cp asked.yaml place.yaml
rm list.yaml
mkfifo list.yaml
kill -HUP "$serve_pid"
until_true logged_times 'reloaded: 1 of 2' 3
check_match "a pipe isn't waited for" "$(cat serve.log)" 'list.yaml: it is a pipe'
rm list.yaml
cp good.yaml list.yaml
stop_serve
check "stopped when nothing is under way" "$code" 0

# --- what doesn't start ---
refused unasked.yaml
check "spending unasked" "$code" 64
check_match "spending unasked: the remedy" "$(cat err.txt)" 'start it with --yes, or write `confirm: false`'
refused place.yaml bad.yaml
check "a bad file" "$code" 78
refused list.yaml good.yaml
check "two of one name" "$code" 78
refused list.yaml --listen 0.0.0.0:0
check "an address that others reach" "$code" 64
check_match "an address that others reach: the remedy" "$(cat err.txt)" 'add --listen-anywhere'
refused
check "no file" "$code" 64
stop_sandbox

# --- SIGTERM under load ---
rm -rf state orders.db*
csv 1500 >imeis.csv
serving "limits: {concurrency: 4}"
start_sandbox --fault charge-always --latency 20ms
start_serve place.yaml list.yaml
until_true metric_is 'sluice_orders{state="placed"}' 20
stop_serve
check "SIGTERM under load: drained" "$code" 0
check "SIGTERM under load: what was charged is stored, nothing is in doubt" \
    "$(stored) $(ledger_count in_doubt)" "$(books charged) 0"
stop_sandbox

# --- calls that take longer than --drain ---
start_sandbox --fault charge-always --latency 1s
start_serve place.yaml --drain 50ms
until_true metric_is sluice_calls_in_flight 1
until_true metric_is 'sluice_orders{state="sending"}' 1
stop_serve
check "calls that take longer than --drain" "$code" 75
check_match "calls that take longer than --drain: said" "$(cat serve.log)" "place: didn't end within"
start_serve place.yaml --drain 60s
until_true metric_is 'sluice_orders{state="sending"}' 1
kill "$serve_pid"
until_true logged 'a second signal ends at once'
stop_serve
check "a second signal" "$code" 143
stop_sandbox

# --- a pipeline whose provider is down, beside one that works; then the provider is back ---
rm -rf state orders.db*
csv 30 >imeis.csv
start_serve place.yaml list.yaml
until_true logged_times 'place: failed with exit code 69' 2
check_match "failures: the pause doubles" "$(cat serve.log)" 'failed with exit code 69, 2 times in a row; the next try is in 2 s'
check_most "failures: the other one goes on" 1 "$(metric 'sluice_pipeline_runs_total{pipeline="list",exit="0"}')"
check "failures: healthz" "$(ask "$url/healthz") $(health '["pipelines"][0]["status"]') $(health '["pipelines"][1]["failures_in_a_row"]')" "503 failing 0"
check "failures: the provider" "$(health '["providers"][0]["status"]')" unreachable
port=${GSM_FUSION_BASE_URL##*:}
"$SLUICE" sandbox gsm_fusion --listen "127.0.0.1:$port" --fault charge-always >/dev/null 2>"$home/sandbox.log" &
sandbox_pid=$!
until_true logged 'place: has recovered after'
check "failures: recovered by itself" "$(stored) $(ask "$url/healthz")" "30 200"
stop_serve
stop_sandbox

# --- a firing while the last run goes on ---
rm -rf state orders.db*
csv 40 >imeis.csv
serving "limits: {concurrency: 1}"
start_sandbox --fault charge-always --latency 100ms
start_serve place.yaml
until_true metric_is 'sluice_pipeline_skipped_firings_total{pipeline="place"}' 1
check "overlap: the firing is skipped and counted" $? 0
until_true metric_is 'sluice_pipeline_runs_total{pipeline="place",exit="0"}' 2
check "overlap: and later ones run" "$(stored) $(books most_charges)" "40 1"
stop_serve
stop_sandbox

# --- without a trigger: once ---
sed '/^trigger/d' good.yaml >once.yaml
start_serve once.yaml
until_true metric_is 'sluice_pipeline_runs_total{pipeline="list",exit="0"}' 1
kill -HUP "$serve_pid"
until_true logged 'reloaded: 1 of 1'
until_true logged 'runs as once.yaml says now'
check "without a trigger: once" "$(metric 'sluice_pipeline_runs_total{pipeline="list",exit="0"}') $(health '["pipelines"][0]["next_run"]')" "1 None"
stop_serve

# --- the service manager is told ---
cat >manager.py <<'END'
import os, socket, subprocess, sys, signal
path = os.path.join(os.getcwd(), "manager")
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(path)
listener.settimeout(60)
process = subprocess.Popen(sys.argv[1:], env={**os.environ, "NOTIFY_SOCKET": path}, stdout=subprocess.DEVNULL)
heard = [listener.recv(1000).decode()]
process.send_signal(signal.SIGHUP)
heard += [listener.recv(1000).decode().split("\n")[0] for _ in range(2)]
process.terminate()
heard.append(listener.recv(1000).decode())
print(" ".join(heard), process.wait())
END
check "the service manager hears" "$(python3 manager.py "$SLUICE" --state-dir state serve once.yaml --listen none 2>serve.log)" \
    "READY=1 RELOADING=1 READY=1 STOPPING=1 0"

# --- kill -9 under load ---
rm -rf state orders.db*
rows=${ROWS:-3000}
flight=5
csv "$rows" >imeis.csv
serving "limits: {concurrency: $flight}"
start_sandbox --fault charge-always --latency 5ms
seed=${SEED:-$$}
echo "# seed $seed"
pause() { awk -v s="$seed" -v i="$1" 'BEGIN { srand(s * 1000 + i); printf "%.3f", 0.05 + rand() * 0.4 }'; }
i=0
while [ "$i" -lt "$kills" ]; do
    i=$((i + 1))
    start_serve place.yaml list.yaml
    sleep "$(pause "$i")"
    kill -9 "$serve_pid"; wait "$serve_pid" 2>/dev/null
    serve_pid=
done
start_serve place.yaml list.yaml
ends() { # every row has one, and the run that gave it to it is over
    metric_is 'sluice_pipeline_runs_total{pipeline="place"' 1 &&
        [ $(($(metric 'sluice_orders{state="placed"}') + $(metric 'sluice_orders{state="in_doubt"}'))) -ge "$rows" ]
}
until_true ends
stop_serve
check "kill -9: stopped in the end" "$code" 0
check "kill -9: no identifier has two charges" "$(books most_charges)" 1
charged=$(books charged)
check_most "kill -9: charged, and neither stored nor in doubt" $((charged - $(stored) - $(ledger_count in_doubt))) 0
check "kill -9: every paid order is stored" "$(stored)" "$(ledger_count placed)"
check_most "kill -9: in doubt, at most twice the calls in flight a kill" "$(ledger_count in_doubt)" $((2 * flight * kills))
check "kill -9: placed or in doubt: every row" $(($(stored) + $(ledger_count in_doubt))) "$rows"
check "kill -9: the list is whole" "$(tr -d '\r' <list.csv | tr '\n' ' ')" "number 1 2 "
stop_sandbox
plan
