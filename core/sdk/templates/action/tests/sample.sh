#!/bin/sh
# The sample pipeline does what it says.
#
#     tests/sample.sh     SLUICE: the program (sluice); PLUGIN_DIR: where @name@.so is (the plugin's folder)
set -eu
plugin=$(cd "$(dirname "$0")/.." && pwd)
sluice=${SLUICE:-sluice}
SLUICE_PLUGIN_PATH=$(cd "${PLUGIN_DIR:-$plugin}" && pwd)
export SLUICE_PLUGIN_PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
cd "$work"
cp "$plugin/sample.yaml" "$plugin/input.csv" .
fail() {
    echo "not ok: $1" >&2
    exit 1
}

"$sluice" lint sample.yaml || fail "lint finds something"
code=0
"$sluice" --state-dir state run sample.yaml -q || code=$?
[ "$code" -eq 10 ] || fail "exit code $code, not 10: a record was refused"
grep -q '^001001001234563,one,yes' output.csv || fail "the first record isn't marked: $(cat output.csv)"
[ "$(grep -c yes output.csv)" = 2 ] || fail "not two records are marked: $(cat output.csv)"
grep -q 'no_value' rejected.csv || fail "the reason isn't in rejected.csv: $(cat rejected.csv)"
echo "ok"
