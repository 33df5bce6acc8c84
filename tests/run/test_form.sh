#!/bin/sh
# The form: who may come in, what is refused, and that what is sent is ordered once.
. "$(dirname "$0")/lib.sh"
. "$here/form.sh"
# Flags of a raw request: what curl doesn't send.
raw() { python3 "$here/raw_http.py" "${form#http://}" "$@"; }

start_sandbox
form_yaml "password: $password, token: $token, max_upload: 256KiB"
begin_serve web.yaml sync.yaml

# --- nobody is in without the password ---
check "a page asks to log in" "$(location /orders?q=1)" "/login?next=/orders%3Fq%3D1"
check "so does the first one" "$(location /)" "/login"
check "a change is refused" "$(status /preview -d imeis=001001001234563)" 403
check "the API asks for a token" "$(status /api/orders)" 401
check "a wrong token is refused" "$(status /api/orders -H 'Authorization: Bearer nonsense')" 401
check "a wrong password is refused" "$(status /login -d password=wrong)" 403
check_match "in words" "$(cat body)" "That isn&#39;t the password"
check "a cookie of one's own making is none" "$(status / -b "sluice_${form##*:}=aaaaaaaaaaaaaaaaaaaaaaaaaa.9999999999.$(printf 0%.0s $(seq 64))")" 303
: >jar
log_in
check "the right password lets in" "$(status /)" 200
check_match "with a cookie that scripts don't see" "$(curl -sS -i "$form/login" -d "password=$password" | tr -d '\r')" '^Set-Cookie: .*; HttpOnly; SameSite=Lax$'
check "what was looked for is there again" "$(location /login -d "password=$password" --data-urlencode 'next=/orders?q=1')" "/orders?q=1"
check "a next page of another site isn't gone to" "$(location /login -d "password=$password" -d 'next=//evil.example/')" /
check "nor one behind a backslash" "$(location /login -d "password=$password" -d 'next=/\evil.example/')" /

# --- the names that it may be called by ---
port=${form##*:}
check "another Host is refused" "$(status / -H "Host: evil.example:$port")" 403
check "another port, too" "$(status / -H 'Host: 127.0.0.1:1')" 403
check "localhost is the same machine" "$(status /login -H "Host: localhost:$port")" 200
check "another Origin is refused" "$(status / -H 'Origin: http://evil.example')" 403
check "no Origin of that name, either" "$(status /preview -H 'Origin: null' -d imeis=1)" 403
check "the own one isn't" "$(status / -H "Origin: http://127.0.0.1:$port")" 200
check "https isn't what it speaks" "$(status / -H "Origin: https://127.0.0.1:$port")" 403
check "a page of another site can't send forms" "$(status /preview -H 'Sec-Fetch-Site: cross-site' -d "csrf=$(csrf)" -d imeis=1)" 403
check "the API goes by the same names" "$(api /api/jobs -o /dev/null -w '%{http_code}' -H "Host: evil.example:$port")" 403
check_match "a request without a Host is none" "$(raw none)" '400'

for lines in 'Content-Length: 15|Host: evil.example' 'Content-Length: 15|Content-Length: 3' 'Content-Length: 3|Content-Length: 15' \
    'Content-Length: 25|Transfer-Encoding: chunked' 'Transfer-Encoding: gzip, chunked' 'Transfer-Encoding: identity' \
    'Transfer-Encoding: chunked|Transfer-Encoding: chunked'; do
    check "what can be read in two ways isn't read: $lines" "$(raw lines "$token" "$lines")" 400
done
check "chunks alone are" "$(raw lines "$token" 'Transfer-Encoding: chunked')" 201

# --- changes need the page's own token ---
check "without a token nothing is changed" "$(status /preview -d imeis=001001001234563)" 403
check "nor with another session's" "$(status /preview -d imeis=001001001234563 -d csrf=0123456789abcdef0123456789abcdef)" 403
for path in /drafts/x/order /orders /order/1/check /ledger/settle /ledger/00/resolve /pause /resume /logout; do
    check "nor by $path" "$(status $path -d a=b)" 403
done
check "GET changes nothing" "$(status /logout)$(status /pause)$(status /preview)" 405405405
check "a method that there isn't" "$(status / -X DELETE)" 405

# --- headers of every answer ---
for path in / /login /nothing-there; do
    head=$(curl -sS -b jar -D - -o /dev/null "$form$path" | tr -d '\r')
    check_match "$path: no script but ours" "$head" "^Content-Security-Policy: default-src 'none'; script-src 'self'; .*frame-ancestors 'none'"
    check_match "$path: is kept nowhere" "$head" "^Cache-Control: no-store"
    check_match "$path: is what it says" "$head" "^X-Content-Type-Options: nosniff"
done
visit / >page.html
check "no inline script or style" "$(grep -Eci '<script>|<style| style=| on[a-z]+=' page.html)" 0
check "nothing from elsewhere" "$(grep -Eo '(src|href|action)="[^"]*"' page.html | grep -Evc '="/[^/]|="/"|="#')" 0
for asset in $(grep -Eo '/assets/[^"]*' page.html); do
    check "$asset is there, for ever" "$(curl -sS -D - -o /dev/null "$form$asset" | tr -d '\r' | grep -c 'immutable')" 1
done

# --- paths ---
for path in /assets/../web.yaml /assets/..%2fweb.yaml /assets/%2e%2e/%2e%2e/etc/passwd //etc/passwd /assets/form.css%00 /jobs/../status/x '/jobs/%00' /orders/ '/%'; do
    check_match "$path leads nowhere" "$(status "$path" --path-as-is)" '^(404|400)$'
done

# --- sizes ---
head -c 300000 /dev/zero | tr '\0' 1 >big.txt
check "a body that is too large is refused" "$(status /preview -F "csrf=$(csrf)" -F file=@big.txt -H 'Expect:' 2>/dev/null; cat status | tail -c 3)" "413413"
check_match "a gigabyte isn't even begun" "$(raw announce)" '413'
cat big.txt big.txt >bigger.txt
curl -sS -b jar -o body -D head -F "csrf=$(csrf)" -F file=@bigger.txt -H 'Expect:' -H 'Transfer-Encoding: chunked' "$form/preview"
check_match "so is one that doesn't say how large it is, in words" "$(cat head body | tr '\r\n' '  ')" '^HTTP/1.1 413 .*Connection: close .*At most 256 KiB'
check "a gigabyte in pieces is cut off" "$(raw pieces)" "cut off"
check_match "headers without end are refused" "$(raw headers)" '431|cut off'
check_match "so is an address without end" "$(raw address)" '414|431|cut off'
check "a small form is small" "$(status /login --data-binary @big.txt -H 'Expect:')" 413

# --- malformed bodies ---
multipart() { # FILE
    status /preview -H 'Content-Type: multipart/form-data; boundary=xy' --data-binary @"$1"
}
printf -- '--xy\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n--xy\r\nContent-Disposition: form-data; name="imeis"\r\n\r\n12' "$(csrf)" >cut.txt
check_match "multipart that ends early" "$(multipart cut.txt)" '^(400|403|303)$'
printf 'nothing of the kind' >none.txt
check_match "multipart that is none" "$(multipart none.txt)" '^40[03]$'
check_match "multipart without a boundary" "$(status /preview -H 'Content-Type: multipart/form-data' --data-binary @cut.txt)" '^40[03]$'
awk 'BEGIN { for (i = 0; i < 200; i++) printf "f%d=1&", i }' >many.txt
check "more fields than any form has" "$(status /preview -d @many.txt)" 400
printf 'imeis=\377\376\000&csrf=%s' "$(csrf)" >bytes.txt
check_match "bytes that are no text" "$(status /preview --data-binary @bytes.txt)" '^400$'
check_match "they are still with us" "$(status /)" 200

# --- bodies as networks deliver them ---
cookie() { awk -F'\t' '/sluice_/ { print $6 "=" $7 }' jar; }
printf -- '--xy\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' csrf "$(csrf)" imeis 001001001234563 service 1740 >parts.txt
printf -- '--xy--\r\n' >>parts.txt
printf 'csrf=%s&imeis=001001001234563&service=1740' "$(csrf)" >words.txt
for kind in 'multipart/form-data; boundary=xy parts.txt' 'application/x-www-form-urlencoded words.txt'; do
    draft=$(raw bytewise "$(cookie)" "${kind% *}" "${kind##* }")
    check_match "byte by byte it is the same form (${kind##* })" "$draft" '^/drafts/'
    check_match "with all that was chosen" "$(visit "$draft")" '<td data-label="Service">1740</td>'
done
printf 'imei\n001001001234563' >one.csv
check "of two files none is taken for the other's end" "$(status /preview -F "csrf=$(csrf)" -F file=@one.csv -F 'file=@one.csv;filename=two.csv')" 400
check_match "in words" "$(cat body)" 'two files or more'

# --- ordering by script, once ---
json='{"imeis": ["001001001234563", "004400000000016", "1"], "service": "1739", "name": "first"}'
answer=$(api /api/orders -H 'Content-Type: application/json' -d "$json" -w '%{http_code}')
check_match "a script orders" "$answer" '"job":"first","rows":3,"before":false.*'
check_match "the same again is taken once" "$(api /api/orders -H 'Content-Type: application/json' -d "$json" -w '%{http_code}')" '"before":true'
check "other rows by its name aren't" "$(api /api/orders -H 'Content-Type: application/json' -d '{"imeis": ["004900000000015"], "service": "1739", "name": "first"}' -o body -w '%{http_code}')" 409
check_match "in words" "$(cat body)" "there is a job 'first' already.*nothing of this one is ordered"
check "nor the same ones to be ordered again" "$(api /api/orders -H 'Content-Type: application/json' -d "${json%\}}, \"repeat\": true}" -o /dev/null -w '%{http_code}')" 409
until_true job_done first
check "and is ordered once" "$(books charged)" 2
check_match "the job tells" "$(api /api/jobs/first)" '"placed":2,.*"rejected":1'
for body in '' '[]' '{' '{"imeis": [1]}' '{"imeis": "1"}' '{"rows": [{"imei": 1}]}' '{"imeis": ["1"], "what": 1}' '{"imeis": []}' '{"imeis":["1"],"name":"a/b"}'; do
    check "$body is refused" "$(api /api/orders -H 'Content-Type: application/json' -d "$body" -o /dev/null -w '%{http_code}')" 400
done
check "another type is refused" "$(api /api/orders -H 'Content-Type: application/xml' -d x -o /dev/null -w '%{http_code}')" 415
check_match "a list is taken, too" "$(api '/api/orders?name=list' -H 'Content-Type: text/plain' -d 004900000000015)" '"rows":1'
check_match "and CSV" "$(printf 'IMEI,Notes\n008600000000017,a\n' | api '/api/orders?name=csv' -H 'Content-Type: text/csv' --data-binary @-)" '"rows":1'
long=$(printf 'n%.0s' $(seq 65))
for words in "name=$long" "service=$long" 'service=%ff' 'repeat=yes' 'services=1740'; do
    check "what isn't understood isn't left out: $(echo "$words" | cut -c1-20)" "$(api "/api/orders?$words" -H 'Content-Type: text/plain' -d 001001001234563 -o /dev/null -w '%{http_code}')" 400
done
check "nor a name beside JSON" "$(api '/api/orders?name=x' -H 'Content-Type: application/json' -d '{"imeis":["001001001234563"]}' -o /dev/null -w '%{http_code}')" 400
check "a name that no page can have" "$(api /api/orders -H 'Content-Type: application/json' -H 'Idempotency-Key: ..' -d '{"imeis":["001001001234563"]}' -o /dev/null -w '%{http_code}')" 400
until_true job_done list
until_true job_done csv
check "all of it is ordered" "$(books charged)" 4

# --- a file that is no list of IMEIs holds nobody up ---
check_match "a file without that column is taken" "$(printf 'Serial,Customer\nABC,Meier\nDEF,Huber\n' | api '/api/orders?name=wrong' -H 'Content-Type: text/csv' --data-binary @-)" '"rows":2'
check_match "and one behind it" "$(api '/api/orders?name=behind' -H 'Content-Type: text/plain' -d 001001000000015)" '"rows":1'
until_true job_done wrong
until_true job_done behind
check_match "the file's rows are refused" "$(api /api/jobs/wrong)" '"rejected":2'
check_match "and say why" "$(api /api/jobs/wrong)" "\"_code\":\"unusable\".*no field 'imei', they have Serial, Customer"
check "the others are ordered" "$(books charged)" 5
printf 'Serial,Customer\nABC,Meier\n' >wrong.csv
visit /preview -L -F "csrf=$(csrf)" -F file=@wrong.csv >page.html
check_match "a person reads that before the button" "$(cat page.html)" 'There is no column for the IMEI'
check "and there is no button" "$(grep -c 'class="primary"\|class="danger"' page.html)" 0
printf 'IMEI,Notes\n' >wrong.csv
visit /preview -F "csrf=$(csrf)" -F file=@wrong.csv >page.html
check_match "nor is a file of headers alone taken for no file" "$(cat page.html)" 'There is no row in that file'
check_match "a token isn't a way to the pages" "$(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$form/")" 303

# --- a price that rose while the page was open ---
draft=$(location /preview -d "csrf=$(csrf)" -d "imeis=$(csv 1 0 700 | sed 1d | cut -d, -f1)")
before=$(books charged)
check_match "the page says what is agreed to" "$(visit "$draft")" 'name="cost" value="0.08"'
check "who agreed to less is asked again" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=0.07)" "$draft?cost=changed"
check_match "in words" "$(visit "$draft?cost=changed")" 'It costs more than it did'
check "what is no amount is none" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=x)" "$draft?cost=changed"
check "and nothing is ordered" "$(books charged)" "$before"
check "who agreed to it isn't" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=0.08)" "/jobs/${draft##*/}"
check "nor who sends it again" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=0.07)" "/jobs/${draft##*/}"
draft=$(location /preview -d "csrf=$(csrf)" -d "imeis=$(csv 1 0 710 | sed 1d | cut -d, -f1)")
check_match "the page says what one may cost" "$(visit "$draft")" 'name="max_price" value="0.08"'
check "who agreed to less for one is asked again" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=0.08 -d max_price=0.07)" "$draft?cost=changed"
check "who agreed to it isn't" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=0.08 -d max_price=0.08)" "/jobs/${draft##*/}"
check "another tab's price is the same job" "$(location "$draft/order" -d "csrf=$(csrf)" -d cost=0.09 -d max_price=0.09)" "/jobs/${draft##*/}"
check_match "it goes with the job" "$(api "/api/jobs/${draft##*/}")" '"max_price":"0.08"'
until_true job_done "${draft##*/}"

# --- and one that rose behind it: the order is looked at with the run's price ---
before=$(books charged)
api '/api/orders?name=agreed&max_price=0.05' -H 'Content-Type: text/plain' -d "$(csv 2 0 720 | sed 1d | cut -d, -f1) 001001001234563" >/dev/null
until_true job_done agreed
check_match "what costs more than was agreed to is left out" "$(api /api/jobs/agreed | tr '\n' ' ')" '"placed":0,"duplicate":1,.*"skipped":2,.*"_code":"max_price","_reason":"costs 0.08 now, 0.05 was agreed to"'
check_match "the page says so" "$(visit /jobs/agreed | tr '\n' ' ')" 'at most 0.05 each.*a price rose after it was agreed to.*costs 0.08 now, 0.05 was agreed to'
check "so does the log, once" "$(grep -c 'costs 0.08 now, 0.05 was agreed to: row 1 and what costs as much' serve.log)" 1
check "nothing is charged" "$(books charged)" "$before"
json="{\"imeis\": [\"$(csv 1 0 720 | sed 1d | cut -d, -f1)\"], \"name\": \"agreed-2\", \"max_price\": \"0.08\"}"
api /api/orders -H 'Content-Type: application/json' -d "$json" >/dev/null
until_true job_done agreed-2
check_match "what costs no more is ordered" "$(api /api/jobs/agreed-2)" '"placed":1,'
check "another price is another job" "$(api /api/orders -H 'Content-Type: application/json' -d "$(echo "$json" | sed 's/0\.08/0.09/')" -o /dev/null -w '%{http_code}')" 409
for price in cheap -0.08 0.08USD; do
    check "no price: $price" "$(api "/api/orders?max_price=$price" -H 'Content-Type: text/plain' -d 001001001234563 -o /dev/null -w '%{http_code}')" 400
done

# --- asking by script: what isn't understood is said, in JSON ---
for query in 'orders?statsu=Completed' 'orders?limit=all' 'orders?limit=9x' 'orders?limit=0' 'orders?since=yesterday' 'jobs?state=open' 'jobs/first?rows=1' 'services/1' 'nothing'; do
    check_match "$query is refused" "$(api "/api/$query")" '^\{"error":\{"status":40[04],"text":"'
done
check_match "so is a method that there isn't" "$(api /api/orders -X DELETE)" '^\{"error":\{"status":405,'
check "a page is as long as it is asked for" "$(api '/api/orders?limit=2' | grep -o '"order_id"' | wc -l)" 2
check_match "jobs are listed as each is given alone" "$(api '/api/jobs?limit=1')" '^\{"jobs":\[\{"job":"[^"]*","submitted_ms":[0-9]+,.*"rows":[0-9]+,.*"done":(true|false)\}\],"next":"[0-9]+"\}'

# --- finding orders as people do ---
order=$(api '/api/orders?limit=1')
of() { echo "$order" | python3 -c 'import json, sys; print(json.load(sys.stdin)["orders"][0][sys.argv[1]])' "$1"; }
day=$(of order_date | cut -c1-10)
check_match "from a day to the same day is that day" "$(visit "/orders?since=$day&to=$day")" "/order/$(of order_id)\""
check_match "what isn't a day is refused" "$(visit "/orders?to=$day%20x")" 'role="alert"'
check_match "a service goes by its name" "$(visit /orders -G --data-urlencode "service=$(of service_name)")" "/order/$(of order_id)\""
check_match "and by its number" "$(visit "/orders?service=1739")" "/order/$(of order_id)\""
visit /preview -L -F "csrf=$(csrf)" -F 'imeis=IMEI: 002100000000048 IMEI 002100000000055' >page.html
check "what a phone shows is no row of its own" "$(grep -c 'data-label="As sent"' page.html)" 0
check "IMEIs on one line have a number each" "$(grep -o 'data-label="Row">[0-9]*' page.html | tr '\n' ' ')" 'data-label="Row">1 data-label="Row">2 '
check_match "a hint for the pipeline is not for people" "$(visit /preview -L -F "csrf=$(csrf)" -F imeis=00210000000004)" 'the check digit is missing</span>'

# --- news of a job ---
check_match "a job's events end with the job" "$(api /api/jobs/first/events)" '^data: \{"job":"first",.*"done":true\}$'

# --- guessing ---
for n in 1 2 3 4 5 6; do status /login -d password=guess >/dev/null; done
check "who guesses waits" "$(status /login -d password=guess)" 429
check "even with the right one" "$(status /login -d "password=$password")" 429
check "who is in stays in" "$(status /)" 200

# --- a pause, and on again ---
token_of_page=$(csrf)
tries() { grep -c "isn't all ordered yet" serve.log; }
tried() { [ "$(tries)" -ge "$1" ]; }
check "ordering is stopped" "$(status /pause -d "csrf=$token_of_page" -d reason=lunch)" 303
for n in 1 2; do # with each try the next one is further away
    before=$(tries)
    api "/api/orders?name=paused-$n" -H 'Content-Type: text/plain' -d "$(csv 1 0 $((800 + n)) | sed 1d | cut -d, -f1)" >/dev/null
    until_true tried $((before + 1))
done
check "what is sent meanwhile waits" "$(api /api/jobs/paused-1 | grep -o '"waiting":1')" '"waiting":1'
check "ordering goes on" "$(status /resume -d "csrf=$token_of_page")" 303
until_true job_done paused-1
until_true job_done paused-2
check "and so do they, at once" "$(api /api/jobs/paused-1 | grep -o '"placed":1')" '"placed":1'

# --- slow clients ---
check "a head that drips is cut off" "$(raw drip)" "cut off"
check "while others are served" "$(status /)" 200
check "so are hundreds that say nothing" "$(raw crowd && status /)" "200"
check "and hundreds that never say their password" "$(raw bodies && status /)" "200"


# --- logged out is for good, whatever is restarted ---
kept=$(awk -F'\t' '/sluice_/ { print $7 }' jar)
: >jar
lets_in() { [ "$(status /login -d "password=$password")" = 303 ]; }
until_true lets_in
ended=$(awk -F'\t' '/sluice_/ { print $7 }' jar)
check "who logs out" "$(status /logout -d "csrf=$(csrf)")" 303
check "is out" "$(curl -sS -o /dev/null -w '%{http_code}' -b "sluice_${form##*:}=$ended" "$form/orders")" 303
check "on disk" "$(grep -c "^[0-9]* ${ended%%.*} web$" state/logged_out)" 1

end_serve
check "it ends when it is told to" "$code" 0
begin_serve web.yaml sync.yaml
form=${form%:*}:${form##*:}
check "who has logged out stays out" "$(curl -sS -o /dev/null -w '%{http_code}' -b "sluice_${form##*:}=$ended" "$form/orders")" 303
check "who hasn't stays in" "$(curl -sS -o /dev/null -w '%{http_code}' -b "sluice_${form##*:}=$kept" "$form/orders")" 200
check "nothing secret is in the log" "$(grep -cE "$password|$token" serve.log)" 0
end_serve

# --- without a password: a link that works once ---
form_yaml "" 0.10
begin_serve web.yaml
: >jar
key=$(sed -n 's/.*enter?key=\([0-9A-Za-z]*\).*/\1/p' serve.log)
check "without the link nobody is in" "$(location /)" /login
check "a wrong link lets nobody in" "$(status /enter?key=wrong)" 403
check "the link lets in" "$(location "/enter?key=$key")" /
check "for good" "$(status /)" 200

# --- a job may spend so much: what is behind that is left out, and the page says so before ---
visit /preview -L -F "csrf=$(csrf)" -F "imeis=002100000000014 002100000000022" >page.html
check_match "only one of two is offered" "$(cat page.html)" 'Order 1 for 0.08 USD</button>'
check_match "in words" "$(tr '\n' ' ' <page.html)" 'Only 1 will be ordered, for .*one job may spend no more'
job=$(sed -n 's|.*action="/drafts/\([^/]*\)/order".*|\1|p' page.html | head -1)
visit "/drafts/$job/order" -d "csrf=$(csrf)" -d repeat=0 >/dev/null
page_done() { visit "/jobs/$job" | grep -q 'All of it is done'; }
until_true page_done
check_match "the other one is left out" "$(visit "/jobs/$job?state=skipped")" '002100000000022.*Left out.*one job may spend 0.10'
: >jar
check "and works once" "$(status "/enter?key=$key")" 403
check "logging in is by link alone" "$(status /login -d password=)" 403
end_serve
plan
