#!/bin/sh
# test: what stands under `tests:` is run, without a network, and what differs is told.
. "$(dirname "$0")/lib.sh"
root=$(cd "$here/../.." && pwd)

pipeline_head() { # NAME
    cat <<YAML
name: $1
source:
  csv: {path: imeis.csv}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - orders: {}
spend: {max_price: 0.50, max_run: 50.00}
YAML
}
run_tests() { # ARGUMENT…
    "$SLUICE" --state-dir "$home/state" test "$@" >out.txt 2>err.txt
    code=$?
}
mkdir tmp
export TMPDIR="$home/tmp"

# --- what is shipped ---
run_tests "$root/pipelines"
check "every shipped pipeline passes its tests" "$code$(grep -v '^ok' out.txt | sed 's/[0-9]* passed, 0 failed//')" "0"
without=$(for file in "$root"/pipelines/*.yaml; do grep -q "^ok   $file:" out.txt || echo "$file"; done)
check "every shipped pipeline has a test" "$without" ""
check "nothing of the user's is made" "$(ls "$home")" "err.txt
out.txt
tmp"
check "nothing is left behind" "$(ls "$TMPDIR")" ""

# --- what differs ---
{
    pipeline_head differs
    cat <<'YAML'
tests:
  - name: wrong in every way
    input: [{imei: "001001001234563"}, {imei: "004400000000016"}]
    expect:
      exit: 10
      placed: 3
      spend: 1
      charged: 2
      calls: 1
      posts: [imei=001001001234564, a, b]
      orders:
        - {imei: "001001001234563", service_id: "1740"}
        - {order_id: "7"}
      rejects: [{_code: check_digit}]
      files: {orders.csv: "imei"}
      says: a text that nobody says
  - name: right
    input: [{imei: "001001001234563"}]
    expect: {placed: 1}
YAML
} >differs.yaml
run_tests differs.yaml --jobs 1
check "some failed: exit code" "$code" 1
for line in 'exit: expected 10, got 0' 'placed: expected 3, got 2' 'spend: expected 1.00, got 0.16' \
    'charged: expected 2.00, got 0.16' 'calls: expected 1, got' "~ {imei: '001001001234563'}" \
    "service_id: expected '1740', got '1739'" "- {order_id: '7'}" "+ {imei: '004400000000016'" "rejects: expected 1, got 0" \
    "posts: in number 1 there is no 'imei=001001001234564'" "apiKey=\*\*\*" "posts: expected 3, got 2" \
    "orders.csv wasn't written" "didn't say 'a text that nobody says'" \
    'placing 2 orders at 0.08'; do
    check "what differs: $line" "$(grep -c -e "$line" out.txt | sed 's/^[1-9][0-9]*$/yes/')" yes
done
check_match "the sum" "$(tail -1 out.txt)" '^1 passed, 1 failed$'
check "no secret" "$(grep -c sandbox-key out.txt)" 0
run_tests differs.yaml --only right
check "by name" "$code $(grep -c . out.txt)" "0 2"
run_tests differs.yaml --only nothing
check "no test has that name" "$code" 64
run_tests differs.yaml --json
check "--json: one object" "$(python3 -c 'import json,sys; d=json.load(open("out.txt")); print(d["passed"], d["failed"], [t["passed"] for t in d["tests"]], d["tests"][0]["line"])')" \
    "1 1 [False, True] 11"
run_tests -q differs.yaml --only right
check "-q: nothing about what passed" "$code$(cat out.txt)" 0
run_tests differs.yaml --junit report.xml
check "--junit" "$code $(python3 - <<'PY'
import xml.etree.ElementTree as tree
root = tree.parse("report.xml").getroot()
cases = root.findall("testsuite/testcase")
print(root.get("tests"), root.get("failures"), [case.get("name") for case in cases], len(root.findall(".//failure")),
      "expected 3, got 2" in root.find(".//failure").text)
PY
)" "1 2 1 ['wrong in every way', 'right'] 1 True"
run_tests differs.yaml --only right --junit nowhere/report.xml
check "--junit: can't be written" "$code" 73

# --- files ---
run_tests nowhere.yaml
check "a file that is missing" "$code" 66
printf 'source: {csv: {path: a}}\nsinks: [{orders: {}}]\ntests:\n  - {nam: x}\n' >wrong.yaml
run_tests wrong.yaml
check_match "a file that lint refuses" "$code $(cat out.txt)" "^1 FAIL wrong.yaml.*"
check_match "and why" "$(cat out.txt)" "a test has no option 'nam'; did you mean 'name'"
pipeline_head none >none.yaml
run_tests none.yaml
check "without a test nothing is shown" "$code $(cat out.txt)" "1 0 passed, 0 failed; 1 file without tests"
mkdir -p deep/er
cp differs.yaml deep/er/one.yaml
echo 'not: a pipeline' >deep/er/notes.txt
run_tests deep/ --only right
check_match "a directory, and those in it" "$code $(cat out.txt)" '^0 ok   deep/er/one.yaml:[0-9]+: right'
run_tests
check "no file" "$code" 64
cat differs.yaml | run_tests /dev/stdin
check_match "a pipe" "$(cat err.txt)" 'each test reads it again'
"$SLUICE" test /dev/stdin --only right <differs.yaml >out.txt 2>err.txt
check_match "a file by another name" "$? $(cat out.txt)" '^0 ok   /dev/stdin:[0-9]+: right'

# --- the network ---
start_sandbox --latency 0ms
before=$(books requests)
{
    pipeline_head reaches | sed "s|{service_id: \"1739\"}|{service_id: \"1739\", base_url: \"$GSM_FUSION_BASE_URL\", username: tester, api_key: sandbox-key}|"
    cat <<'YAML'
tests:
  - name: nobody is asked
    input: [{imei: "001001001234563"}]
    expect: {placed: 1, charged: 0.08, posts: [gsm-fusion.test]}
  - name: no reply is written, and no sandbox stands in
    input: [{imei: "001001001234563"}]
    provider: {replies: [{fault: refused, times: 1000}]}
    expect: {exit: 69, placed: 0}
YAML
} >reaches.yaml
run_tests reaches.yaml
check "an address in the file is not asked" "$code $(tail -1 out.txt)" "0 2 passed, 0 failed"
check "the server there got no request" "$(books requests)" "$before"
cat >dials.yaml <<YAML
source: {csv: {path: a.csv}}
actions: [{dialler: {}}]
sinks: [{csv: {path: b.csv}}]
tests:
  - name: a plugin that connects by itself
    input: [{port: "${GSM_FUSION_BASE_URL##*:}"}]
    expect: {orders: [{reached: Permission denied}]}
YAML
"$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" test dials.yaml >out.txt 2>err.txt
check "a plugin can't connect either" "$? $(tail -1 out.txt)" "0 1 passed, 0 failed"
echo "port
${GSM_FUSION_BASE_URL##*:}" >a.csv
"$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" --state-dir state -q run dials.yaml 2>err.txt
check "which it can in a run" "$(tail -1 b.csv)" "${GSM_FUSION_BASE_URL##*:},reached"
stop_sandbox
rm -rf a.csv b.csv state

# --- the user's own ---
echo 'GSM_FUSION_BASE_URL=https://provider.example' >.env
{
    pipeline_head own
    cat <<'YAML'
on_reject:
  - csv: {path: /nowhere/rejected.csv}
vars: {COLOR: red}
tests:
  - name: no variable comes from outside
    vars: {COLOR: blue}
    input: |
      imei,color
      001001001234563,${COLOR}
      001001001234564,x
    expect:
      exit: 10
      orders: [{color: "${COLOR}"}]
      rejects: [{color: x, _file: imeis.csv, _row: "3"}]
  - name: what the file writes goes elsewhere
    input: []
    expect: {read: 0, orders: []}
YAML
} >own.yaml
run_tests own.yaml
check "texts of a test stand as they are written" "$code $(tail -1 out.txt)" "0 2 passed, 0 failed"
# What a shell knows of a store changes nothing, and a sink that needs one gets none.
cat >store.yaml <<'YAML'
source: {orders: {status: Pending}}
sinks: [{supabase: {}}, {orders: {}}, {csv: {path: "${WHERE:-x}"}}]
tests:
  - name: keeps its records in memory
    input: [{order_id: "1"}]
    expect: {orders: [{order_id: "1"}], sinks: {orders: [{order_id: "1"}], "csv#1": [{order_id: "1"}]}, calls: 0}
  - name: a file below a directory
    vars: {WHERE: ../up/x.csv}
    input: [{order_id: "1"}]
    expect: {files: {../up/x.csv: "order_id\n1\n"}}
YAML
SUPABASE_URL=https://project.example SUPABASE_KEY=service-role WHERE=y run_tests store.yaml
check "a store in the environment isn't asked" "$code $(tail -1 out.txt)" "0 2 passed, 0 failed"
check "no store, no ledger" "$(ls -a "$home" | grep -E '\.db|^state$|rejected')" ""

# --- what the pages show ---
mkdir pages
python3 - "$root/docs" <<'PY'
import pathlib, re, sys
for page in sorted(pathlib.Path(sys.argv[1]).glob("*.md")):
    for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.M | re.S)):
        if "\ntests:\n" in block:
            pathlib.Path("pages", f"{page.stem}-{number}.yaml").write_text(block)
PY
run_tests pages
check "the tests in the documentation pass" "$code $(grep -v '^ok' out.txt | sed 's/^[1-9][0-9]* passed, 0 failed$/all/')" "0 all"

# --- the sandbox and the script ---
{
    pipeline_head plays
    cat <<'YAML'
tests:
  - name: charged twice
    input: [{imei: "001001001234563"}]
    provider: {faults: [resent, charge-always]}
    expect: {placed: 1}
  - name: written
    input: [{imei: "001001001234563"}]
    provider:
      replies:
        - {match: placeorder, status: 502, body: "<html>"}
    expect: {exit: 11, in_doubt: 1, posts: 1}
YAML
} >plays.yaml
run_tests plays.yaml
check_match "charged twice fails any test" "$(cat out.txt)" 'charged twice: 1 identifier'
check_match "replies that are written down" "$(cat out.txt)" '^ok   plays.yaml:[0-9]+: written'
check "nothing is left behind by those that were ended" "$(ls "$TMPDIR")" ""

# --- those that don't end ---
cat >waits.yaml <<'YAML'
source: {csv: {path: a.csv}}
actions: [{dialler: {}}]
sinks: [{csv: {path: b.csv}}]
tests:
  - name: too late
    timeout: 1s
    input: [{port: "0"}]
  - name: waits
    input: [{port: "0"}]
YAML
"$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" test waits.yaml --only late >out.txt 2>err.txt
check_match "too late" "$? $(cat out.txt)" "took longer than its 'timeout'"
"$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" test waits.yaml --only waits >out.txt 2>err.txt &
test_pid=$!
until [ -e "$(echo "$TMPDIR"/sluice-test-*/log-0)" ]; do sleep 0.01; done
kill -TERM "$test_pid"
wait "$test_pid"
check "a signal ends it" "$?" 75
check "and its tests, without a trace" "$(ls "$TMPDIR")" ""
plan
