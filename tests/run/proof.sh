# proof.sh - what the tests of "pay once, lose nothing" share. Sourced after lib.sh; $state is the state directory.

count_state() { # STATE
    "$SLUICE" --state-dir "$state" ledger list --state "$1" --json | grep -c '"state"'
}

on_provider() { # "IMEI ORDER-ID" of each order that the provider has, by its own list
    curl -sS -d 'userId=tester&apiKey=sandbox-key&action=getimeis' "$GSM_FUSION_BASE_URL/gsmfusion_api/index.php" |
        tr -d '\n' | sed 's/<imeis>/\n/g' |
        sed -n 's/^<id>\([0-9]*\)<\/id>.*<imei>\([0-9]*\)<\/imei>.*/\2 \1/p'
}
charged_identifiers() {
    curl -sS "$GSM_FUSION_BASE_URL/_sandbox/charges" | sed -n 's/^{"identifier":"\([0-9]*\)".*/\1/p'
}
# Charged, and neither in the store under the provider's id, nor named as in doubt: one identifier a line.
lost() {
    on_provider | sort >provider.txt
    sqlite3 -separator ' ' orders.db "select imei, order_id from orders" 2>/dev/null | sort >stored.txt
    comm -12 provider.txt stored.txt | cut -d ' ' -f 1 >kept.txt
    "$SLUICE" --state-dir "$state" ledger list --state in_doubt --json |
        sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p' >>kept.txt
    sort -u -o kept.txt kept.txt
    charged_identifiers | sort | comm -23 - kept.txt
}
count_lost() { lost | wc -l | tr -d ' '; }
