#!/bin/sh
# Wrong pipeline files, and what a user reads about each: NAME.yaml is linted, the output must be
# NAME.expected, and every error in it must name its place and a remedy. A first line
# "# environment: NAME=VALUE" sets a variable. `UPDATE=1 run.sh` writes the expected files anew.
set -u
: "${SLUICE:?names the program under test}"
cd "$(dirname "$0")" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM

# What says how to put it right.
remedy='write|flatter|see .sluice|leave |did you mean|needs quotes|put |close|use |save|indent|remove|check|set |begin|there are|it has|its keys|install|keep|case|missing|has 1 to|has at least|has letters'
count=0

complain() { # NAME REASON [FILE]
    echo "# $1: $2"
    [ $# -gt 2 ] && sed 's/^/# /' "$3"
    bad=1
}

lint() { # NAME: its output in $work/out
    variable=$(LC_ALL=C sed -n '1s/^# environment: //p' "$1.yaml")
    env -i PATH="$PATH" ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"} ${UBSAN_OPTIONS:+"UBSAN_OPTIONS=$UBSAN_OPTIONS"} \
        ${LSAN_OPTIONS:+"LSAN_OPTIONS=$LSAN_OPTIONS"} ${variable:+"$variable"} \
        "$SLUICE" lint "$1.yaml" >"$work/stdout" 2>"$work/out" </dev/null
    status=$?
}

for file in *.yaml; do
    name=${file%.yaml}
    count=$((count + 1))
    bad=0
    lint "$name"
    [ -n "${UPDATE:-}" ] && cp "$work/out" "$name.expected"
    [ "$status" -eq 1 ] || complain "$name" "exit code $status instead of 1"
    [ -s "$work/stdout" ] && complain "$name" "something on standard output" "$work/stdout"
    diff -u "$name.expected" "$work/out" >"$work/diff" || complain "$name" "another output" "$work/diff"
    grep ': error: ' "$work/out" >"$work/errors" || complain "$name" "no error"
    grep -Ev "^$name\.yaml(:[0-9]+:[0-9]+|): error: .*($remedy)" "$work/errors" >"$work/bad" &&
        complain "$name" "no place or no remedy" "$work/bad"
    grep -q hunter22 "$work/out" && complain "$name" "a secret"
    if [ "$bad" -eq 0 ]; then echo "ok $count - $name"; else echo "not ok $count - $name"; fi
done
echo "1..$count"
