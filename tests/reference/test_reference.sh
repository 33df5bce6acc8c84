#!/bin/sh
# Do the reference pages say what the program does? docs/reference is what `make reference` writes, every command and
# plugin has its manual page, and no formatter complains of one.
#
#     test_reference.sh REFERENCE SOURCE-DIR PLUGIN-DIR SLUICE CONTRACT
set -u
reference=$1 source=$2 plugins=$3 sluice=$4 contract=$5
work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-reference.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
count=0

check() { # NAME FILE: what is in the file is wrong
    count=$((count + 1))
    if [ -s "$2" ]; then
        echo "not ok $count - $1"
        sed 's/^/# /' "$2" | head -40
    else
        echo "ok $count - $1"
    fi
}

"$reference" md "$work/md" "$plugins" >"$work/wrong" 2>&1 || echo "exit code $?" >>"$work/wrong"
"$contract" md "$work/md" "$source/include" >>"$work/wrong" 2>&1 || echo "exit code $?" >>"$work/wrong"
check "the pages can be written" "$work/wrong"
diff -ru "$source/docs/reference" "$work/md" >"$work/wrong" 2>&1
[ -s "$work/wrong" ] && echo "run \`make reference\` and look at what it changes" >>"$work/wrong"
check "docs/reference is up to date" "$work/wrong"

"$contract" man3 "$work/man3" "$source/include" >"$work/wrong" 2>&1 || echo "exit code $?" >>"$work/wrong"
for text in 'SLUICE_LOGIN_FIRST' 'retry_after_ms' 'amount_from_minor'; do
    grep -q "$text" "$work/man3/sluice-plugin.3" || echo "sluice-plugin.3 doesn't know $text" >>"$work/wrong"
done
check "man3 can be written" "$work/wrong"
for section in man1 man5 man7; do
    "$reference" "$section" "$work/$section" "$plugins" >"$work/wrong" 2>&1 || echo "exit code $?" >>"$work/wrong"
    check "$section can be written" "$work/wrong"
done
: >"$work/wrong"
for name in $("$sluice" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  .*/\1/p'); do
    [ -s "$work/man1/sluice-$name.1" ] || echo "there is no sluice-$name.1" >>"$work/wrong"
done
for file in "$plugins"/*.so; do
    name=$(basename "$file" .so)
    [ -s "$work/man7/sluice-$name.7" ] || echo "there is no sluice-$name.7" >>"$work/wrong"
done
check "every command and plugin has a page" "$work/wrong"

for page in "$work"/man?/*; do
    mandoc -T lint -W warning "$page" >"$work/wrong" 2>&1
    groff -k -man -ww -z -Tutf8 "$page" >>"$work/wrong" 2>&1
    check "$(basename "$page"): mandoc and groff have nothing to say" "$work/wrong"
done
mandoc -T utf8 "$work/man7/sluice-gsm_fusion.7" | sed 's/.\x08//g' >"$work/page"
: >"$work/wrong"
for text in 'api_key (secret, required, default ${GSM_FUSION_API_KEY})' 'Example: https://provider.example'; do
    grep -qF "$text" "$work/page" || echo "a reader doesn't see: $text" >>"$work/wrong"
done
check "an option is shown as it is written" "$work/wrong"
echo "1..$count"
