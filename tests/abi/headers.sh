#!/usr/bin/env bash
# Each public header compiles alone, in every language and standard that a plugin may be written in, and an
# option row that names a member of another type doesn't.
#
#     headers.sh CC CXX INCLUDE-DIR
set -uo pipefail
cc=$1 cxx=$2 include=$3
here=$(cd "$(dirname "$0")" && pwd)
strict=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only -I"$include")
count=0 failed=0

report() { # STATUS NAME
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failed=1; fi
}

compile() { # STANDARD FILE [FLAG]…
    local standard=$1 file=$2
    shift 2
    case $standard in
    c++*) "$cxx" -x c++ -std="$standard" "${strict[@]}" "$@" "$file" ;;
    *) "$cc" -x c -std="$standard" -Wstrict-prototypes "${strict[@]}" "$@" "$file" ;;
    esac
}

for standard in c11 c17 c++17; do
    for header in "$include"/sluice/*.h; do
        name=sluice/$(basename "$header")
        echo "#include <$name>" | compile $standard -
        report $? "$name alone as $standard"
    done
    compile $standard "$here/plugin.c"
    report $? "a plugin as $standard"
    # Without this mistake the same file has just compiled: what fails now is the check.
    ! compile $standard "$here/plugin.c" -DWRONG_MEMBER 2>/dev/null
    report $? "an option row with a wrong member is refused as $standard"
done
echo "1..$count"
exit $failed
