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
for time in first second; do # the same records, written again, are there once
    code=0
    "$sluice" --state-dir state run sample.yaml -q || code=$?
    [ "$code" -eq 10 ] || fail "$time run: exit code $code, not 10: a record was refused"
    [ "$(ls records)" = "$(printf '001001001234563.txt\n004400000000016.txt')" ] || fail "$time run: $(ls records)"
done
grep -qx 'note: two' records/004400000000016.txt || fail "the second record: $(cat records/004400000000016.txt)"
grep -q 'no_key' rejected.csv || fail "the reason isn't in rejected.csv: $(cat rejected.csv)"
chmod 500 records
if [ "$(id -u)" != 0 ]; then
    "$sluice" --state-dir state run sample.yaml -q 2>err && fail "a folder that can't be written is no error"
fi
chmod 700 records
echo "ok"
