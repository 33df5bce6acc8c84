#!/bin/sh
# Does what `sluice new plugin` writes work, away from the sources? sluice is installed below a directory of its own;
# the new plugin is built with one line of cc and with meson, and its tests are run both ways.
#
#     test_sdk.sh BUILD-DIR KIND
set -u
build=$1 kind=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-sdk.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
count=0
check() { # NAME COMMAND…
    count=$((count + 1))
    name=$1
    shift
    if "$@" >"$work/now" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        tail -40 "$work/now" | sed 's/^/# /'
    fi
    mv "$work/now" "$work/out"
}
says() { # PATTERN: what the last command said
    grep -Eq -- "$1" "$work/out"
}

check "it is installed" env DESTDIR="$work/stage" meson install -C "$build" --no-rebuild --quiet
prefix=$(find "$work/stage" -name sluice -path '*/bin/*' | sed 's|/bin/sluice$||')
PKG_CONFIG_PATH=$(dirname "$(find "$work/stage" -name sluice-1.pc)")
PATH=$prefix/bin:$PATH
export PATH PKG_CONFIG_PATH XDG_STATE_HOME="$work/state"
unset SLUICE_PLUGIN_PATH SUPABASE_URL
cflags=$(pkg-config --cflags sluice-1)
check "sluice-1.pc has no Libs" test -z "$(pkg-config --libs-only-l sluice-1)"
check "its plugindir is that of the program" test -f "$(pkg-config --variable=plugindir sluice-1)/csv.so"
check "its abi is that of the headers" test "$(pkg-config --variable=abi sluice-1)" = \
    "$(awk '/define SLUICE_ABI_M/ {printf "%s%s", dot, $3; dot = "."}' "$prefix/include/sluice/base.h")"

check "man sluice-plugin" test -s "$prefix/share/man/man3/sluice-plugin.3"
cd "$work" || exit 1
check "new plugin --kind $kind" sluice new plugin acme --kind "$kind"
check "it says what to do next" says 'meson setup build'
cp -r acme other
cd "$work/acme" || exit 1
# shellcheck disable=SC2086
check "one line of cc builds it, without a warning" cc -shared -fPIC -fvisibility=hidden -Wall -Wextra -Wconversion \
    -Wno-sign-conversion -Wshadow -Wstrict-prototypes -Werror $cflags -o acme.so ./*.c
check "it links against nothing of sluice" sh -c '! nm -D --undefined-only acme.so | grep -i sluice'
check "plugins show" sluice --plugin-dir . plugins show acme
check "its samples pass lint" sluice --plugin-dir . lint ./*.yaml
check "lint has no errors and no warnings" sh -c "! grep -E ' (error|warning): ' '$work/out'"
for test in tests/*.sh; do
    check "$test" "$test"
done
for transcript in tests/*.transcript; do
    [ -f "$transcript" ] && check "$transcript" sluice --plugin-dir . plugins replay "$transcript"
done
cd "$work/other" || exit 1
check "meson configures it" meson setup build -Dwerror=true
check "meson builds it and runs its tests" meson test -C build --print-errorlogs
check "meson installs it" meson install -C build --quiet
check "the program finds it where it is installed" sluice plugins show acme
echo "1..$count"
