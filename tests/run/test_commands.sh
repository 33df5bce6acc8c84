#!/bin/sh
# Commands, their options, help and exit codes; what needs no provider.
. "$(dirname "$0")/lib.sh"
: "${SLUICE_TEST_FIXTURES:?names the folder of plugins for tests}"
unset GSM_FUSION_USERNAME GSM_FUSION_API_KEY GSM_FUSION_ACCOUNT

run() { # its exit code in $status, what it wrote in $out and $err
    "$SLUICE" "$@" >"$home/out" 2>"$home/err"
    status=$?
    out=$(cat "$home/out")
    err=$(cat "$home/err")
}

# --- version and help ---
run version
check "version: exit code" $status 0
check_match "version: what it prints" "$out" '^sluice [0-9]+\.[0-9]+\.[0-9]+ \(plugin contract 1\.[0-9]+\)$'
run --version
check_match "--version is the same" "$out" '^sluice [0-9]'
run help
check "help: exit code" $status 0
check_match "help lists the commands" "$out" '^  lint  +check pipeline files'
for command in $(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$home/out"); do
    "$SLUICE" help "$command" >"$home/out" 2>&1
    check "help $command: exit code" $? 0
    check_match "help $command: how it is used" "$(cat "$home/out")" "^Usage: sluice $command"
    check "help $command: no line is wider than 79" "$(sed 's/…/./g' "$home/out" | awk 'length($0) > 79 && !/^Usage/')" ""
done
run lint --help
check_match "--help behind a command is its help" "$out" '^Usage: sluice lint FILE'
run help lnit
check "help of an unknown command: exit code" $status 64
check "help of an unknown command" "$err" "sluice: error: there is no command 'lnit'; did you mean 'lint'?"

# --- usage ---
run
check "no command: exit code" $status 64
check "no command: nothing on stdout" "$out" ""
check "no command" "$err" 'sluice: error: no command given; `sluice help` lists them'
run lnit x.yaml
check "unknown command: exit code" $status 64
check "unknown command" "$err" "sluice: error: there is no command 'lnit'; did you mean 'lint'?"
run lint --ste A=1 x.yaml
check "unknown option: exit code" $status 64
check "unknown option" "$err" "sluice: error: there is no option '--ste'; did you mean '--set'?"
run --colour never version
check "unknown option before the command" "$err" "sluice: error: there is no option '--colour'; did you mean '--color'?"
run version --color sometimes
check "a wrong choice: exit code" $status 64
check "a wrong choice" "$err" "sluice: error: --color: 'sometimes' is not a choice here; write auto, always or never"
run lint --set API_KEY=hunter22 x.yaml
check "a secret on --set: exit code" $status 64
check "a secret on --set is not repeated" "$(grep -c hunter22 "$home/err")" 0
SLUICE_QUIET=maybe run version
check "a wrong twin: exit code" $status 64
check "a wrong twin" "$err" "sluice: error: SLUICE_QUIET is 'maybe'; write 1 or 0"
run -C nowhere version
check "-C nowhere: exit code" $status 66
check "-C nowhere" "$err" "sluice: error: can't change to the directory nowhere: No such file or directory"
if [ -w /dev/full ]; then
    "$SLUICE" help >/dev/full 2>"$home/err"
    check "stdout is full: exit code" $? 74
fi

# --- lint ---
good='source: {csv: {path: "${FILE:-in.csv}"}}
sinks: [{orders: {}}]'
mkdir folder
printf '%s\n' "$good" >folder/good.yaml
printf '%s\n' "source: {cvs: {}}" >bad.yaml
run lint folder/good.yaml
check "lint: a good file" "$status $out $err" "0 folder/good.yaml: ok "
run -C folder lint good.yaml
check "lint: -C before the command" "$status $out" "0 good.yaml: ok"
run lint good.yaml --directory=folder
check "lint: options behind the operand" "$status $out" "0 good.yaml: ok"
SLUICE_DIRECTORY=folder run lint good.yaml
check "lint: the twin in the environment" "$status $out" "0 good.yaml: ok"
run lint -q folder/good.yaml
check "lint -q says nothing about a good file" "$status $out" "0 "
run lint folder/good.yaml bad.yaml
check "lint: one of two is wrong" "$status" 1
check_match "lint: the good one is named" "$out" '^folder/good.yaml: ok$'
check_match "lint: so is the wrong one" "$err" "^bad.yaml:1:10: error: there is no source 'cvs'; did you mean 'csv'\?"
run lint missing.yaml
check "lint: a missing file: exit code" $status 66
check "lint: a missing file" "$err" "missing.yaml: error: can't be read: No such file or directory"
run lint folder
check "lint: a folder" "$status $err" "66 folder: error: can't be read: Is a directory"
run lint
check "lint: no file" $status 64
printf '%s\n' 'source: {csv: {path: "${NONE}", delimitr: ","}}' 'sinks: [{orders: {}}]' >two.yaml
run lint -q two.yaml
check "lint -q: an error still ends with 1" $status 1
check_match "lint -q: the error is printed" "$err" "error: source 'csv' has no option 'delimitr'"
check "lint -q: what is no error isn't" "$(printf '%s' "$err" | grep -c 'note: NONE')" 0
run run -q --yes two.yaml
check "run -q: nor by a run" "$status $(printf '%s' "$err" | grep -c 'note:\|warning:')" "78 0"
mkdir clean
cat >clean/place.yaml <<EOF
source: {csv: {path: in.csv}}
actions:
  - imei: {}
  - gsm_fusion.place: {base_url: "http://127.0.0.1:1", service_id: "1739"}
sinks:
  - csv: {path: out.csv, mode: replace}
  - csv: {path: log.csv}
  - sqlite: {path: orders.db}
on_reject: [{csv: {path: rejected.csv}}]
spend: {max_run: 1}
EOF
run lint -C clean place.yaml
check "lint: components are opened, and all is well" "$status $out" "0 place.yaml: ok"
check_match "lint: what open() warns of is said of its place" "$err" "^place.yaml:6:5: warning: sink 'csv': mode: replace in a pipeline that spends"
check "lint creates no file" "$(ls -A clean)" place.yaml
head -c 1100000 /dev/zero | tr '\0' '#' >large.yaml
run lint large.yaml
check "lint: a file that is too large" "$status $err" "1 large.yaml: error: larger than 1048576 bytes; is it the right file?"
printf '%s\n' 'source: {csv: {path: "${NONE}"}}' 'sinks: [{orders: {}}]' >unset.yaml
run lint unset.yaml
check "lint: a variable that isn't set is a note" $status 0
check_match "lint: the note" "$err" '^unset.yaml:1:23: note: NONE is not set; '
run run unset.yaml
check "run: a variable that isn't set: exit code" $status 78
check_match "run: a variable that isn't set" "$err" '^unset.yaml:1:23: error: NONE is not set; put it into .env or the environment, add --set NONE='
for command in "ledger list" "orders" "store check" "balance gsm_fusion" "services gsm_fusion"; do
    # shellcheck disable=SC2086
    run $command -f unset.yaml
    check "$command: a flag that it doesn't have isn't advised" "$status $(printf '%s\n' "$err" | grep -c 'NONE is not set; put it into .env or the environment, or write ${NONE:-default}$') $(printf '%s\n' "$err" | grep -c -e '--set')" "78 1 0"
done
printf '%s\n' 'source: {csv: {path: x.csv}}' 'sinks: [{supabase: {db_url: "${MY_DB_URL}"}}]' >hidden.yaml
run run hidden.yaml
check "an address with a password doesn't belong on the command line" "$status $(printf '%s\n' "$err" | grep -c 'MY_DB_URL is not set; put it into .env or the environment$')" "78 1"
mkdir most most/plugins
cp "$SLUICE" most/sluice
for plugin in "${SLUICE_PLUGIN_PATH:?}"/*.so; do
    case $plugin in */supabase.so) ;; *) ln -s "$plugin" most/plugins/ ;; esac
done
printf '%s\n' 'source: {csv: {path: imeis.csv}}' 'sinks: [{orders: {}}]' >chosen.yaml
touch imeis.csv
(
    unset SLUICE_PLUGIN_PATH
    SUPABASE_URL=https://ref.supabase.example most/sluice run chosen.yaml >"$home/out" 2>"$home/err"
)
status=$?
err=$(cat "$home/err")
check "run: no plugin for the store that is set" $status 78
check_match "run: the plugin that is missing is named" "$err" "SUPABASE_URL is set, so 'orders' is Supabase, but no plugin 'supabase' is installed; install it, or unset"
echo 'NONE=x' >vars.env
run lint --env-file vars.env unset.yaml
check "lint: --env-file" "$status $err" "0 "
run lint --env-file nowhere.env unset.yaml
check "lint: a missing --env-file" "$status $err" "66 sluice: error: nowhere.env: can't be read: No such file or directory"
printf 'A=1\nB="open\n' >.env
run lint unset.yaml
check "lint: a wrong .env" "$status $err" "78 sluice: error: .env:2: the quote that opens here isn't closed"
rm .env
run lint --color always bad.yaml
check "lint: --color" "$(head -1 "$home/err" | grep -c "$(printf '\033')\[1;31merror")" 1

# --- plugins ---
run plugins list
check "plugins list: exit code" $status 0
check_match "plugins list: a plugin" "$out" '^csv [0-9.]+: '
check_match "plugins list: a component that spends" "$out" '^  action   gsm_fusion\.place'
run plugins list --plugin-dir "$SLUICE_TEST_FIXTURES"
check "plugins list beside broken ones: exit code" $status 0
check_match "plugins list: a crashing plugin" "$out" "plugin 'crashing' crashed while"
check_match "plugins list: one that ends the process" "$out" "plugin 'exiting' ended the"
check_match "plugins list: a good one beside them" "$out" '^sample 1\.2: a plugin for tests'
check_match "plugins list: the installed ones as well" "$out" '^imei '
run plugins show gsm_fusion.place
check "plugins show: exit code" $status 0
check_match "plugins show: an option" "$out" '^  api_key +secret, required, default \$\{GSM_FUSION_API_KEY\}'
check "plugins show: only that component" "$(grep -c '^gsm_fusion.services' "$home/out")" 0
run plugins show orders
check_match "plugins show orders" "$out" '^orders \(source, sink\)'
run plugins show cvs
check "plugins show: unknown" "$status $err" "78 sluice: error: there is no plugin 'cvs'; did you mean 'csv'?"
run plugins show csv.tab
check "plugins show: unknown component" $status 78
run plugins frobnicate
check "plugins: unknown verb" $status 64
printf '%s\n' 'source: {csv: {path: a}}' 'actions: [{newer: {}}]' 'sinks: [{orders: {}}]' >newer.yaml
run --plugin-dir "$SLUICE_TEST_FIXTURES" lint newer.yaml
check "a plugin that needs a newer program: exit code" $status 76
check_match "a plugin that needs a newer program" "$err" "needs a sluice with plugin contract 1.60000 or later.*upgrade sluice"
SLUICE_PLUGIN_PATH=/nonexistent:$SLUICE_TEST_FIXTURES run plugins show sample
check "SLUICE_PLUGIN_PATH" $status 0
run plugins show sample
check "without it" $status 78
plan
