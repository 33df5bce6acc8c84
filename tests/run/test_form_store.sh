#!/bin/sh
# The store that the form shows: the one that the pipeline writes to, or the one that `store` names.
. "$(dirname "$0")/lib.sh"
. "$here/form.sh"
web() { # STORE
    cat >web.yaml <<END
name: web
source:
  form: {listen: "127.0.0.1:0", password: $password, token: $token, store: $1}
actions:
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - sqlite: {path: first.db}
  - orders: {store: {sqlite: {path: second.db}}}
spend: {confirm: false, max_run: 10.00}
END
}
ids() { api "/api/orders$1" | grep -o '"order_id":"[^"]*"' | cut -d'"' -f4 | tr '\n' ' '; }
lint() { "$SLUICE" lint web.yaml 2>&1; }

start_sandbox
web auto
check_match "auto is right" "$(lint)" '^web.yaml: ok'
begin_serve web.yaml
api '/api/orders?name=one' -H 'Content-Type: text/plain' -d 001001001234563 >/dev/null
until_true job_done one
stored_in() { [ "$(sqlite3 "$1" 'SELECT count(*) FROM orders')" = 1 ]; }
until_true stored_in first.db
until_true stored_in second.db
for db in first second; do # what is theirs alone tells them apart
    sqlite3 -cmd '.timeout 10000' $db.db "INSERT INTO orders (order_id, imei, status) VALUES ('$db', '004400000000016', 'Completed')"
done
check_match "auto: the first that the pipeline writes to" "$(ids '')" 'first'
check "and no other" "$(ids '' | grep -c second)" 0
end_serve

web '{sqlite: {path: second.db}}'
check_match "one of several is right" "$(lint)" '^web.yaml: ok$'
check "and nothing is said of it" "$(lint | grep -c "isn't seen there")" 0
begin_serve web.yaml
check_match "the one that is named" "$(ids '')" 'second'
check "and no other" "$(ids '' | grep -c first)" 0
check_match "it is found there by its IMEI" "$(ids '?q=004400000000016')" '^second $'
log_in
check_match "its page is there" "$(visit /order/second)" '004400000000016'
check_match "it is exported" "$(visit '/orders/export?format=csv')" 'second'
check_match "the status page names it" "$(visit /status)" 'second\.db'
check "the log has nothing against it" "$(grep -c "isn't seen there" serve.log)" 0
end_serve

web '{sqlite: {path: third.db}}'
check_match "one that nothing is written to: lint warns, with its place" "$(lint)" "^web.yaml:3:[0-9]+: warning: the pipeline doesn't write to the store that is shown"
begin_serve web.yaml
check_match "so does the service" "$(cat serve.log)" "warning: web: the pipeline doesn't write to the store"
check "there are no orders in it" "$(ids '')" ''
check "and it isn't made" "$(ls third.db 2>/dev/null)" ''
check_match "orders for a command are those that are written" "$("$SLUICE" orders list -f web.yaml 2>&1)" '001001001234563'
end_serve

web '"${FORM_STORE:-auto}"'
check_match "a variable may say auto" "$(lint)" '^web.yaml: ok$'
check_match "and nothing else in a word" "$(FORM_STORE=second.db "$SLUICE" lint web.yaml 2>&1)" "'second.db' is no store"
plan
