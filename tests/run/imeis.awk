# Prints a CSV of N distinct IMEIs of the test range (TAC 00…), Luhn-correct; every BAD-th row is wrong in
# one of four ways. awk -v n=20000 -v bad=100 -v first=1 -f imeis.awk
function luhn(s,   i, d, sum) {
    sum = 0
    for (i = 1; i <= 14; i++) {
        d = substr(s, i, 1) + 0
        if (i % 2 == 0) { d *= 2; if (d > 9) d -= 9 }
        sum += d
    }
    return (10 - sum % 10) % 10
}
BEGIN {
    if (!first) first = 1
    print "IMEI,note"
    for (i = first; i < first + n; i++) {
        body = sprintf("00%06d%06d", 100000 + int(i / 1000000), i % 1000000)
        imei = body luhn(body)
        if (bad && i % bad == 0) {
            kind = int(i / bad) % 4
            if (kind == 0) imei = body ((luhn(body) + 1) % 10)
            if (kind == 1) imei = "1.00100E+12"
            if (kind == 2) imei = substr(body, 1, 11)
            if (kind == 3) imei = "n/a"
        }
        print imei ",row " i
    }
}
