#!/usr/bin/env bash
# Is every C source as clang-format 14 writes it? `--fix` makes it so.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Other versions lay some lines out differently, so the version is part of the rule.
format=clang-format-14
command -v $format >/dev/null || { echo "format: $format is missing: run 'make deps'" >&2; exit 1; }

sources() {
    find core include plugins tests -name node_modules -prune -o \( -name '*.c' -o -name '*.h' -o -name '*.cc' \) -print0
}

if [ "${1-}" = --fix ]; then
    sources | xargs -0 $format -i
elif ! sources | xargs -0 $format --dry-run -Werror --ferror-limit=1; then
    echo "format: run 'make format'" >&2
    exit 1
fi
