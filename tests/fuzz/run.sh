#!/usr/bin/env bash
# Builds the fuzz targets with clang and libFuzzer and runs each for SECONDS (60), beginning from its corpus.
#
#     tests/fuzz/run.sh [SECONDS [TARGET…]]
#
# What is found is left in build-fuzz/, and the command to see it again is printed. A finding that is fixed goes
# into the corpus, where it is a test from then on.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift $(($# > 0))

if [ ! -e build-fuzz/build.ninja ]; then
    CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
fi
ninja -C build-fuzz --quiet
export SLUICE_PLUGIN_PATH=$PWD/build-fuzz/plugins UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
failed=0
for program in build-fuzz/tests/fuzz/fuzz_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    name=${program##*/fuzz_}
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    mkdir -p "$fresh/$name"
    echo "== $name: $seconds s"
    # The first folder takes what is new; the checked-in corpus stays as it is.
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/$name-" "$fresh/$name" "tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1 || {
        failed=1
        tail -40 "build-fuzz/$name.log"
        echo "== $name: found something; again: $program $(ls build-fuzz/"$name"-* | tail -1)"
    }
    grep -E '^stat::(number_of_executed_units|average_exec_per_sec)' "build-fuzz/$name.log" || true
done
exit $failed
