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
cp "$plugin/sample.yaml" "$plugin/input.txt" .
fail() {
    echo "not ok: $1" >&2
    exit 1
}

"$sluice" lint sample.yaml || fail "lint finds something"
"$sluice" --state-dir state run sample.yaml -q || fail "exit code $?"
printf 'imei\n001001001234563\n004400000000016\n004900000000015\n' >expected.csv
diff expected.csv output.csv || fail "not the lines of input.txt"
"$sluice" --state-dir state run sample.yaml -q --set INPUT=missing.txt 2>err && fail "a missing file is no error"
grep -q 'missing.txt' err || fail "the missing file isn't named: $(cat err)"
echo "ok"
