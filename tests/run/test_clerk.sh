#!/bin/sh
# What a source that people send to may ask and have done: the store, the ledger, the catalogue, a forecast;
# settling, resolving, checking, the pause.
. "$(dirname "$0")/lib.sh"
: "${SLUICE_TEST_FIXTURES:?names the folder of plugins for tests}"
serve_pid=
trap 'kill -9 $serve_pid 2>/dev/null; finish' EXIT
store=1 ledger=2 catalogue=3 balance=4 history=7 count=8 export=9 known=10 plan=11 status=12 acts=13
settle=1 resolve=2 check_now=3 pause=4 resume=5

start_serve() {
    "$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" --state-dir "$home/state" serve letterbox.yaml sync.yaml --listen none >serve.out 2>>serve.log &
    serve_pid=$!
}
stop_serve() {
    kill "$serve_pid"; wait "$serve_pid"; code=$?
    serve_pid=
}
until_true() { # a command: wait until it succeeds, for five minutes at most
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 6000 ] || return 1
        sleep 0.05
    done
}
answered() { grep -q -- "$1" answers.txt; }
send() { echo "$*" >box; }
ask() { # KIND…: what was answered, in told.txt
    : >answers.txt
    send "ask $*"
    until_true answered '^answered' || echo "# no answer to $*"
    grep -v '^answered\|^outcome' answers.txt >told.txt
}
act() { # KIND…
    : >answers.txt
    send "act $*"
    until_true answered '^acted\|^failed' || echo "# no answer to act $*"
    told=$(grep '^acted\|^failed' answers.txt)
}
told() { # NAME: values of a column, on a line
    sed -n "s/.*\\(^\\| \\)$1=\\([^ ]*\\).*/\\2/p" told.txt | tr '\n' ' '
}
words() { # NAME NEXT: one with blanks, up to the column behind it
    sed -n "s/.* $1=\\(.*\\) $2=.*/\\1/p" told.txt
}
imeis() { # FIRST N [BETWEEN]
    csv "$2" 0 "$1" | sed 1d | cut -d, -f1 | paste -sd "${3:- }"
}

newest() { # FIRST N: the last of them first
    imeis "$1" "$2" '\n' | sort -r | tr '\n' ' '
}

mkfifo box
: >answers.txt
cat >letterbox.yaml <<END
name: letterbox
source:
  letterbox: {pipe: box, answers: answers.txt}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - sqlite: {path: orders.db}
spend: {confirm: false, max_run: 1.00, max_day: 3.00, max_price: 0.50, max_in_doubt: 5}
END
cat >sync.yaml <<END
name: sync
trigger: {every: 1h}
source:
  sqlite: {path: orders.db, status: [Pending, In Process]}
actions:
  - gsm_fusion.check: {}
sinks:
  - sqlite: {path: orders.db}
END
outcome_of() { # JOB STATE N
    [ "$(grep -c "^outcome $1 [0-9]* $2 " answers.txt)" -ge "$3" ]
}

start_sandbox
start_serve
until_true grep -q 'pipelines loaded' serve.log

# --- before anything was ordered ---
ask $status
check "the pipelines, and that nothing was asked yet" "$(told pipeline)$(told sync)$(told provider_state)$(told store_state)$(told in_doubt)$(told spent_today)" "letterbox sync unknown unknown 0 0.00 "
check_match "the store has its name" "$(words store store_state)" '^SQLite .*/orders.db, table orders$'
ask $store
check "a store that isn't there has no orders" "$(cat told.txt)" ""
ask $ledger
check "nor has the ledger" "$(cat told.txt)" ""
ask $catalogue
check "the catalogue has a price for the pipeline's service" "$(grep 'service_id=1739 ' told.txt | sed 's/.* price=\([^ ]*\).* chosen=\([01]\).*/\1 \2/')" "0.08 1"
ask $balance
check "the balance, and what may be spent" "$(told balance | grep -c '[0-9]')$(told max_day)$(told spent_today)$(told left_today)" "13.00 0.00 3.00 "
ask $known "imeis=$(imeis 1 2 ,),$(imeis 1 1),12345,what"
check "all that could be ordered is new" "$(told state)" "new new twice invalid invalid "
check "with its price" "$(told price)" "0.08 0.08 0.08   "
ask $plan "imeis=$(imeis 1 20 ,),12345"
check "the plan has the sums, and the cap that stops it" "$(told read)$(told new)$(told invalid)$(told cost)$(told placed)$(told spent)$(told stopped_by)$(told stopped_row)" "21 20 1 1.60 12 0.96 max_run 13 "
check_match "the dearest one" "$(cat told.txt)" ' dearest=0.08$'
check_match "and a sentence" "$(cat told.txt)" 'stopped_text=spend.max_run stops it at row 13'
check "nothing was charged for any of that" "$(books charged)" 0

# --- a page hears of what changes ---
send "wait one"
until_true answered '^waited 0'
: >answers.txt
send "submit one $(imeis 1 5) 12345"
send "wait one"
until_true answered '^waited 0'
check "who waits for a job hears of its rows" "$(grep -c '^waited 0' answers.txt)" 1
until_true outcome_of one placed 5
: >answers.txt
send jobs
until_true answered '^job=one '
check_match "a job says what it has cost" "$(cat answers.txt)" '^job=one .* placed=5 .* rejected=1 .* spent=0.40$'
: >answers.txt
send "rows one"
until_true answered '_row=6 '
check "and each row" "$(grep -c '_state=placed .* _price=0.08$' answers.txt) $(grep -c '_state=rejected .* _price=$' answers.txt)" "5 1"

# --- orders ---
ask $store
all=$(told imei)
check "all orders, the newest first" "$(echo $all | tr ' ' '\n' | sort | tr '\n' ' ')$(told _key | tr ' ' '\n' | sed '/^$/d' | sort -nrc 2>&1)" "$(imeis 1 5) "
ask $store limit=2
key=$(told _key | cut -d' ' -f2)
ask $store limit=2 "after=$key"
check "a page begins behind the last key" "$(told imei)" "$(echo $all | cut -d' ' -f3,4) "
ask $store "imei=$(imeis 3 1 | sed 's/...../&-/')"
id=$(told order_id | tr -d ' ')
check "an IMEI may be written as people do" "$(told imei)" "$(imeis 3 1) "
ask $store "order_id=$id"
check "one order has all its fields" "$(told imei)$(grep -c 'service_name=.*raw_response=' told.txt)" "$(imeis 3 1) 1"
ask $store since=2001-01-01 until=2001-02-01
check "orders of a time" "$(cat told.txt)" ""
ask $store status=nothing service=1739
check "conditions must all hold" "$(cat told.txt)" ""
ask $store since=yesterday
check_match "a condition that can't be read is said" "$(cat told.txt)" "^failed .*'yesterday' is not a date"
ask $store colour=red
check_match "one that isn't known, too" "$(cat told.txt)" "^failed .* has no condition 'colour'"
ask $count
check "how many there are" "$(cat told.txt)" "count=5 more=0"
ask $count limit=3
check "no more are counted than are asked for" "$(cat told.txt)" "count=3 more=1"
ask $export format=gsm_fusion
check "the provider's export" "$(grep -c "0.08.*$(imeis 1 1)\|$(imeis 1 1).*0.08" told.txt) $(grep -c 'SERVICE,IMEI NO.,CREDITS' told.txt)" "1 1"
ask $export format=xls
check_match "a format that there isn't" "$(cat told.txt)" "^failed there is no format 'xls'"
check "nothing is left of an export" "$(find "$home/state" -name 'export-*')" ""
ask $ledger state=placed limit=2
check "the ledger lists what was placed" "$(told state)$(told identifier)" "placed placed $(newest 4 2)"
key=$(told _key | cut -d' ' -f2)
ask $ledger state=placed "after=$key"
check "page by page" "$(told identifier)" "$(newest 1 3)"
ask $history "order_id=$id"
check "what happened to an order" "$(told transition)$(told to)" "T1 T2 T3 claimed sending placed "
ask $known "imeis=$(imeis 3 1),$(imeis 9 1)"
check "what was ordered is known with its order" "$(told state)$(told order_id)" "ordered new $id  "
check_match "and with what the store has of it" "$(sed -n 1p told.txt)" 'ordered_ms=[0-9]+ status=[A-Z]'
ask $known repeat=1 "imeis=$(imeis 3 1)"
check "again, when that is meant" "$(told state)$(told order_id)" "new $id "
ask $status
check "what counts as spent" "$(told spent_today)$(told provider_state)$(told store_state)$(told waiting)" "0.40 ok ok 0 "

# --- check now ---
act $check_now "order_id=$id" wait=60000
check_match "an order is asked about at once" "$told" "^acted done: order $id: "
act $check_now order_id=nosuch wait=60000
check "one that the store doesn't have isn't" "$told" "acted refused: the store has no order nosuch"
act $check_now
check "nor one without an id" "$told" "acted refused: say which order: give its order id"

# --- the pause ---
act $pause reason=stocktaking who=ann
check_match "nothing is ordered any more" "$told" '^acted done: paused since .* by ann: stocktaking; nothing is ordered'
ask $plan "imeis=$(imeis 9 1)"
check "the plan says so" "$(told new)$(told placed)$(told stopped_by)" "1 0 pause "
ask $status
check_match "the status, too" "$(cat told.txt)" 'paused=paused since .* by ann: stocktaking paused_ms=[0-9]'
act $pause reason=the-sandbox-key
check_match "no secret is in what is said" "$told" '^acted done: paused since .* by letterbox: the-\*\*\*; nothing'
act $resume
check "until it is resumed" "$told" "acted done: resumed: orders go out again"
ask $acts
check "what was done is remembered" "$(told kind)$(told state)" "resume pause pause check check done done done refused done "

stop_serve
check "it ends when it is told to" $code 0

# --- in doubt: the provider charges without a reply, and lists nothing yet ---
stop_sandbox
start_sandbox --fault close=first --fault list-late:1d
: >serve.log
start_serve
until_true grep -q 'pipelines loaded' serve.log
: >answers.txt
send "submit two $(imeis 20 1)"
until_true outcome_of two in_doubt 1
ask $ledger state=in_doubt
key=$(told key | tr -d ' ')
check "what is in doubt is listed with its key" "$(told identifier)$(printf %s "$key" | wc -c)" "$(imeis 20 1) 32"
check_match "and with what is known" "$(cat told.txt)" ' evidence=[^ ]+.* missed_ms=.* live=0'
ask $known repeat=1 "imeis=$(imeis 20 1)"
check "it is in doubt, whatever is meant" "$(told state)$(told key)" "in_doubt $key "
act $settle wait=60000 who=ann
check_match "nothing is decided without evidence" "$told" '^acted done: 0 placed, 0 bought before, 0 not bought, 1 still in doubt'
act $resolve "key=$key" wait=60000
check "not bought needs a reason" "$told" "acted refused: say why: the reason is what there is to go by if it was bought after all"
act $resolve "key=$key" order_id=12345678 wait=60000
check "an order that the provider doesn't have is none" "$told" "acted refused: the provider knows no order 12345678 of this account"
act $resolve key=nonsense reason=x wait=60000
check "a key is a key" "$told" "acted refused: say which order: give its key in the ledger"
act $resolve "key=$key" flags=1 order_id=7777777 who=ann wait=60000
check "a person may know better" "$told" "acted done: $(imeis 20 1) is placed as order 7777777; the next run of 'letterbox' delivers it"
ask $history "key=$key"
check "what happened to it" "$(told to)" "claimed sending in_doubt placed "
check_match "and the ledger says who decided" "$(tail -1 told.txt)" ' to=placed run=[0-9]+ who=ann '

act $resolve "key=$key" reason=again wait=60000
check_match "once" "$told" "^acted refused: no order '$key' is in doubt"
act $settle wait=60000
check "then nothing is left to settle" "$told" "acted done: 0 placed, 0 bought before, 0 not bought, 0 still in doubt"
stop_serve

# --- a provider that is away ---
export GSM_FUSION_BASE_URL=http://127.0.0.1:9
: >serve.log
start_serve
until_true grep -q 'pipelines loaded' serve.log
ask $catalogue
check_match "no catalogue was heard: why is said" "$(cat told.txt)" '^failed '
ask $known "imeis=$(imeis 1 1)"
check_match "a forecast without prices is none" "$(cat told.txt)" '^failed '
ask $status
check_match "the status says it, too" "$(cat told.txt)" 'provider_state=unavailable provider_trouble=[^ ]'
ask $store limit=1
check "what is stored can be seen all the same" "$(told imei | wc -w)" 1
: >answers.txt
send "wait"
until_true answered '^waited 0'
stop_serve
check "it ends while somebody could wait" $code 0
plan
