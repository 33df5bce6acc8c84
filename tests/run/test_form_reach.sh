#!/bin/sh
# The form as others reach it: with TLS of its own, behind a proxy, after a reload; and who watches when it ends.
. "$(dirname "$0")/lib.sh"
. "$here/form.sh"
serve_refused() { "$SLUICE" --state-dir "$home/state" serve web.yaml --listen none >/dev/null 2>err.txt; echo $?; }

start_sandbox

# --- what it doesn't begin with ---
form_yaml 'listen: "0.0.0.0:0"'
sed -i 's/listen: "127.0.0.1:0", //' web.yaml
check "open to all without a password: no" "$(serve_refused)" 78
check_match "it says why" "$(cat err.txt)" 'set its `password`'
form_yaml "behind_proxy: true"
check "behind a proxy without a password: no" "$(serve_refused)" 78
form_yaml "tls_cert: a.pem"
check "half a pair of TLS: no" "$(serve_refused)" 78
form_yaml "tls_cert: a.pem, tls_key: b.pem"
check "files of TLS that aren't there: no" "$(serve_refused)" 78

# --- TLS ---
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
form_yaml "password: $password, token: $token, tls_cert: cert.pem, tls_key: key.pem"
begin_serve web.yaml sync.yaml
export CURL_CA_BUNDLE="$home/cert.pem"
check_match "with TLS it is https" "$form" '^https://'
check_match "cookies are Secure then, and plain HTTP is over for good" "$(curl -sS -i "$form/login" -d "password=$password" | tr -d '\r')" '^Set-Cookie: .*; HttpOnly; SameSite=Lax; Secure$'
check_match "for a year" "$(curl -sS -i "$form/login" | tr -d '\r')" '^Strict-Transport-Security: max-age=31536000$'
log_in
check "one can log in" "$(status /)" 200
check "its Origin is https" "$(status / -H "Origin: $form")" 200
check "and not http" "$(status / -H "Origin: http://${form#https://}")" 403
check "plain HTTP isn't answered" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' "http://${form#https://}/")" 000
end_serve
check "it ends when it is told to" "$code" 0
unset CURL_CA_BUNDLE

# --- behind a proxy ---
form_yaml "password: $password, token: $token, behind_proxy: true, public_url: \"https://orders.example.com\""
begin_serve web.yaml sync.yaml
check_match "the log says the public name" "$(cat serve.log)" 'https://orders.example.com'
form=$(sed -nE 's|.*\(([0-9.]*:[0-9]+) here\).*|http://\1|p' serve.log)
public="-H Host:orders.example.com"
check "the public name is known" "$(status /login $public)" 200
check "with its Origin" "$(status /login $public -H 'Origin: https://orders.example.com')" 200
check "and no other" "$(status /login $public -H 'Origin: http://orders.example.com')" 403
check_match "the cookie is Secure" "$(curl -sS -i $public "$form/login" -d "password=$password" | tr -d '\r')" '^Set-Cookie: .*; Secure$'
for n in 1 2 3 4 5; do status /login $public -d password=guess -H 'X-Forwarded-For: 192.0.2.1, 192.0.2.66' >/dev/null; done
check "who guesses waits" "$(status /login $public -d password=guess -H 'X-Forwarded-For: 192.0.2.66')" 429
check "whatever the guesser puts in front" "$(status /login $public -d password=guess -H 'X-Forwarded-For: 203.0.113.9, 192.0.2.66')" 429
check "or in a header in front" "$(status /login $public -d password=guess -H 'X-Forwarded-For: 203.0.113.9' -H 'X-Forwarded-For: 192.0.2.66')" 429
check "from whatever port" "$(status /login $public -d password=guess -H 'X-Forwarded-For: 192.0.2.66:4711')" 429
check "and nobody else" "$(status /login $public -d password=guess -H 'X-Forwarded-For: 192.0.2.66, 192.0.2.67')" 403

# --- who watches while it is reloaded and ended ---
api /api/orders $public -H 'Content-Type: application/json' -d '{"imeis":["001001001234563"],"name":"one"}' >/dev/null
until_true job_done one
stop_sandbox
api /api/orders -H 'Content-Type: application/json' -d '{"imeis":["004400000000016"],"name":"two"}' >/dev/null
curl -sS -N -m 120 -H "Authorization: Bearer $token" "$form/api/jobs/two/events" >events.txt 2>/dev/null &
watcher=$!
until_true grep -q '"job":"two"' events.txt
port=${form##*:}
sed -i "s/127.0.0.1:0/127.0.0.1:$port/" web.yaml
kill -HUP "$serve_pid"
wait "$watcher"
check_match "a reload ends the stream, and what waits stays" "$(cat events.txt)" '"job":"two".*"done":false'
job_known() { api /api/jobs/two | grep -q '"job":"two"'; }
until_true job_known
check "the form is back at the same address" "$(api /api/jobs/two -o /dev/null -w '%{http_code}')" 200
curl -sS -N -m 120 -H "Authorization: Bearer $token" "$form/api/jobs/two/events" >events.txt 2>/dev/null &
watcher=$!
until_true grep -q '"job":"two"' events.txt
end_serve
wait "$watcher"
check "nobody who watches holds up the end" "$code" 0
plan
