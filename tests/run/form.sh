# form.sh - a service with a form, for the tests that talk to it. Sourced behind lib.sh.
serve_pid=
trap 'kill -9 $serve_pid 2>/dev/null; finish' EXIT

password=correct-horse token=script-token-1
form_yaml() { # [OPTIONS-OF-THE-FORM [SPEND]]
    cat >web.yaml <<END
name: web
source:
  form: {listen: "127.0.0.1:0"${1:+, $1}}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - orders: {store: {sqlite: {path: orders.db}}}
spend: {confirm: false, max_run: ${2:-100000.00}, max_in_doubt: 1000000}
END
    cat >sync.yaml <<END
name: sync
trigger: {every: 1h}
source:
  orders: {store: {sqlite: {path: orders.db}}, status: [Pending, In Process]}
actions:
  - gsm_fusion.check: {}
sinks:
  - orders: {store: {sqlite: {path: orders.db}}}
END
}
begin_serve() { # FILE…: sets $form to the form's address once it is ready
    : >serve.log
    "$SLUICE" --state-dir "$home/state" serve "$@" --listen none >serve.out 2>serve.log &
    serve_pid=$!
    until_true grep -Eq 'pipelines? loaded' serve.log || { cat serve.log >&2; return 1; }
    form=$(sed -nE 's|.*(https?://[0-9.]*:[0-9]+)/.*|\1|p' serve.log | head -1)
}
end_serve() {
    kill "$serve_pid"
    wait "$serve_pid"
    code=$?
    serve_pid=
}
until_true() { # a command: wait until it succeeds, for a minute at most
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 1200 ] || return 1
        sleep 0.05
    done
}

# --- a browser without a screen ---
visit() { # PATH [CURL-OPTIONS]: the body; the status is in the file `status`
    visit_path=$1
    shift
    curl -sS -m 120 -b jar -c jar -o body -w '%{http_code}' "$@" "$form$visit_path" >status
    cat body
}
status() { # PATH [CURL-OPTIONS]: the status alone
    visit "$@" >/dev/null
    cat status
}
csrf() { visit / | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -1; }
log_in() { visit /login -d "password=$password" >/dev/null; }
location() { # PATH [CURL-OPTIONS]: where it leads to
    location_path=$1
    shift
    curl -sS -m 120 -b jar -c jar -o body -w '%{redirect_url}' "$@" "$form$location_path" | sed "s|^$form||"
}
api() { # PATH [CURL-OPTIONS]
    api_path=$1
    shift
    curl -sS -m 120 -H "Authorization: Bearer $token" "$@" "$form$api_path"
}
job_done() { # JOB
    api "/api/jobs/$1?limit=1" | grep -q '"done":true'
}
