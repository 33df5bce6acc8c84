# proof.sh - what the tests of "pay once, lose nothing" share. Sourced after lib.sh.

# --- a disk that loses what isn't synced: all of the temporary home ---
disk=$(pwd -P)
mkdir .unsynced
[ -z "${SLUICE_UNSYNCED:-}" ] || preload="env LD_PRELOAD=$SLUICE_UNSYNCED SLUICE_TEST_DISK=$disk"
cut_power() { # kept | lost | half SEED: what becomes of the writes that weren't synced; prints how many bytes are lost
    [ -n "${SLUICE_UNSYNCED:-}" ] || set -- kept
    case $1 in
    lost) "$here/../fault/power_cut.py" "$disk" ;;
    half) "$here/../fault/power_cut.py" "$disk" "$2" ;;
    *) rm -f "$disk/.unsynced"/* && echo 0 ;; # only the process died
    esac
}

# --- the provider's books against what is kept ---
on_provider() { # "IMEI ORDER-ID" of each order that the provider has, whatever it lists
    curl -sS "$GSM_FUSION_BASE_URL/_sandbox/memory" |
        sed -n 's/^{"key":"o:\([0-9]*\)","value":"\([0-9]*\) .*/\2 \1/p'
}
charged_identifiers() {
    curl -sS "$GSM_FUSION_BASE_URL/_sandbox/charges" | sed -n 's/^{"identifier":"\([0-9]*\)".*/\1/p'
}
# Charged, and neither in the store under the provider's id, nor named as in doubt: one identifier a line.
lost() {
    on_provider | sort >provider.txt
    sqlite3 -separator ' ' orders.db "select imei, order_id from orders" 2>/dev/null | sort >stored.txt
    comm -12 provider.txt stored.txt | cut -d ' ' -f 1 >kept.txt
    "$SLUICE" --state-dir "$home/state" ledger list --state in_doubt --json |
        sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p' >>kept.txt
    sort -u -o kept.txt kept.txt
    charged_identifiers | sort | comm -23 - kept.txt
}
count_lost() { lost | wc -l | tr -d ' '; }
