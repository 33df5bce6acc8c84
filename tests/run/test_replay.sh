#!/bin/sh
# plugins replay: recorded calls are made anew, what differs is shown, and half a reply proves nothing.
. "$(dirname "$0")/lib.sh"
replay() { # FILE…: what is said in `out`, the exit code in $code
    "$SLUICE" --plugin-dir "$SLUICE_TEST_FIXTURES" plugins replay "$@" >out 2>err
    code=$?
}
begin() { # FILE: its component
    printf 'component hasty.place\noption base_url=https://provider.example\noption password=open-sesame\n\n' >"$1"
}

# --- what a plugin of ours does with what sites have answered -----------------------------------------------
cat >dhru.transcript <<'END'
# A site of ours.
component dhru.place
option base_url=https://provider.example
option username=tester
option api_key=sandbox-key
option service_id=1739
option fields.MEP=mep

call identity
fields imei | mep
row 00-100100-123456-3 | 7
row ~ | 7

# Bought.
call place
fields imei | mep
row 001001001234563 | 7
< 200
< Content-Type: application/json
<
<< placed.json
END
echo '{"SUCCESS":[{"MESSAGE":"Order received","REFERENCEID":"5000001"}],"apiversion":"6.1"}' >placed.json
cp dhru.transcript before
replay dhru.transcript
check "nothing is written there yet: exit code" $code 1
check_match "what is sent is shown" "$(cat out)" '^\+> POST /api/index.php$'
check_match "without the key" "$(cat out)" 'apiaccesskey=\*\*\*&'
check_match "and what it means" "$(cat out)" '^\+= 1 placed, order 5000001$'
check_match "the place is named" "$(cat out)" '^dhru.transcript:[0-9]+: not as it stands there$'
check "the file stays as it is" "$(diff before dhru.transcript)" ""
replay --accept dhru.transcript
check "accepted: exit code" $code 0
check_match "accepted: said" "$(tail -1 out)" '^dhru.transcript: 2 calls, written$'
check "comments and lines of one's own stay" "$(grep -v '^[>=]' dhru.transcript)" "$(cat before)"
check_match "one identity, however it is written" "$(cat dhru.transcript)" '^= 1 is 1739 \| 001001001234563 \| \{"MEP":"7"\}$'
check_match "a row that can't be ordered" "$(cat dhru.transcript)" '^= 2 refused, no_imei \| the row has no imei$'
replay dhru.transcript
check "from then on it holds" "$code $(cat out)" "0 dhru.transcript: 2 calls, as it stands there"
sed 's/order 5000001/order 5000002/' dhru.transcript >other.transcript
replay dhru.transcript other.transcript
check "another meaning: exit code" $code 1
check_match "what stands there" "$(cat out)" '^-= 1 placed, order 5000002$'
check_match "what is so" "$(cat out)" '^\+= 1 placed, order 5000001$'
check "nothing else" "$(grep -c '^[+-]' out)" 2

# --- tokens ------------------------------------------------------------------------------------------------
begin token.transcript
cat >>token.transcript <<'END'
call place
fields imei
row 001001001234563
= log in first

call login
> POST /token
> Content-Type: application/x-www-form-urlencoded
>
> password=***
< 200
<
< token-of-today

call place
fields imei
row 001001001234563
row 004400000000016
> POST /buy
> Authorization: Bearer ***
> Content-Type: application/x-www-form-urlencoded
>
> imei=001001001234563&imei=004400000000016
< 200
<
< A1
END
replay --accept token.transcript
replay token.transcript
check "calls of one component share an instance: exit code" $code 0
check_match "no token is no request" "$(sed -n '/^call place/,/^call login/p' token.transcript)" '^= log in first$'
check_match "then it is sent" "$(cat token.transcript)" '^> Authorization: Bearer \*\*\*$'
check "neither secret is in the file" "$(grep -c 'open-sesame$\|Bearer token' token.transcript)" 1

# --- half a reply --------------------------------------------------------------------------------------------
begin half.transcript
cat >>half.transcript <<'END'
call login
< 200
<
< token-of-today

call place
fields imei
row 001001001234563
< 200
<
< nothing is known yet
END
replay --accept half.transcript
check "half a reply that says not charged: exit code" $code 1
check_match "half a reply: the place, and what would come of it" "$(cat out)" \
    '^half.transcript:.*: cut off after 2 of 20 bytes, this reply still says that nothing was charged; .*paid twice'

# --- what can't be replayed ------------------------------------------------------------------------------------
refused() { # NAME EXIT-CODE PATTERN, the file on standard input
    cat >wrong.transcript
    replay wrong.transcript
    check "$1: exit code" $code "$2"
    check_match "$1: why" "$(cat err)" "$3"
}
refused "an unknown line" 65 'wrong.transcript:1: no line of a transcript begins so' <<'END'
cal place
END
refused "no such component" 78 "wrong.transcript:1: the plugin 'hasty' has no component 'nothing' that talks" <<'END'
component hasty.nothing
call place
END
refused "no such plugin" 78 "there is no plugin 'hast'" <<'END'
component hast.place
call place
END
refused "no such option" 78 "has no option 'pasword'" <<'END'
component hasty.place
option pasword=x
call place
END
refused "no such call" 65 "there is no call 'buy'" <<'END'
component hasty.place
option base_url=https://provider.example
call buy
END
refused "cells without fields" 65 'wrong.transcript:4: a row has as many cells' <<'END'
component hasty.place
option base_url=https://provider.example
call place
row 1 | 2
END
refused "no status" 65 'a reply begins with its HTTP status' <<'END'
component hasty.place
option base_url=https://provider.example
call login
< {"ok":true}
END
refused "an option behind a call" 65 'options.* stand right behind their component' <<'END'
component hasty.place
option base_url=https://provider.example
call login
call login
option password=x
END
replay missing.transcript
check "no such file: exit code" $code 66
check_match "no such file: named" "$(cat err)" 'missing.transcript'
"$SLUICE" plugins replay >out 2>err
check "no file at all: exit code" $? 64
plan
