# secrets.sh - nothing that the program says holds a key or a password.
#
# Sourced by lib.sh. What a script looks at is kept, next to the files that it wrote (logs, JSON, state, rejects),
# and all of it is searched before the plan is printed. Pipelines and .env files may hold what the script put there.
said=$home/.said

hear() { printf '%s\n' "$1" >>"$said"; } # what check and check_match are given

secrets() { # one a line
    printf '%s\n' "${STACK_PASSWORD:-}" "${STACK_SERVICE_KEY:-}" "${STACK_ANON_KEY:-}" "${STACK_SECRET_KEY:-}" \
        "${STACK_PUBLISHABLE_KEY:-}" | grep .
}
said_secrets() { # FILE: which files hold one of the secrets
    grep -rlFf "$1" --exclude='*.yaml' --exclude='.env*' --exclude='secrets.list' --exclude='*.sql' "$home" 2>/dev/null
}
before_plan() {
    secrets >"$home/secrets.list"
    if [ -s "$home/secrets.list" ]; then
        # One is planted, and found: so another would be.
        printf 'this line holds %s in it\n' "$(head -1 "$home/secrets.list")" >"$home/leak"
        check "no key or password in what was said, logged or written" "$(said_secrets "$home/secrets.list")" "$home/leak"
    fi
}
