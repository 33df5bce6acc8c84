#!/bin/sh
# A disk that fills up (a limit on the size of files) at different points of a run: 74, nothing is sent that
# isn't on the disk, and with room again nothing is paid twice and nothing is lost.
. "$(dirname "$0")/lib.sh"
rows=300
flight=8
csv "$rows" >imeis.csv
pipeline "limits: {concurrency: $flight}"

for blocks in 8 100 150 250 500; do
    rm -rf state orders.db*
    start_sandbox --fault charge-always
    (ulimit -f "$blocks"; run; echo "$code"; [ -z "$summary" ] || sums_hold) >verdict
    case $(tr '\n' ' ' <verdict) in
    "74 ") check "$blocks blocks: 74 before the run began, nothing was sent" "$(books charged)" 0 ;;
    *) check "$blocks blocks: 74, and the sums hold" "$(tr '\n' ' ' <verdict)" "74 yes " ;;
    esac
    charged=$(books charged)
    run
    check "$blocks blocks: nobody is charged twice" "$(books most_charges)" 1
    check "$blocks blocks: every row is stored or in doubt" $(($(stored) + $(ledger_count in_doubt))) "$rows"
    check_most "$blocks blocks: in doubt, at most twice the calls in flight" "$(ledger_count in_doubt)" $((2 * flight))
    check_most "$blocks blocks: what had been charged is stored or in doubt" "$charged" $(($(stored) + $(ledger_count in_doubt)))
    stop_sandbox
done

# Nothing is paid here, so nothing has to be named: what comes after the sink has died stays unread.
cat >endless.yaml <<'EOF'
source:
  csv: {path: "-"}
sinks:
  - csv: {path: out.csv}
EOF
yes 'a,b' | (ulimit -f 100; timeout 60 "$SLUICE" run endless.yaml 2>err.txt; echo $? >code)
check "a full disk ends a run that reads without end" "$(cat code)" 74
plan
