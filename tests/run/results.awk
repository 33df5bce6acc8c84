# What gsm_fusion's sandbox means by its result for an IMEI, whatever form it writes it in: one line for each
# order with status, carrier, simlock, model, fmi, imei2, the text without markup (its lines joined by ~), the
# bare code and a pair of raw_response. Reads IMEIs, one a line. plugins/gsm_fusion/sandbox_result.c says the same.
function luhn(s,   i, d, sum) {
    sum = 0
    for (i = 1; i <= 14; i++) {
        d = substr(s, i, 1) + 0
        if (i % 2 == 0) { d *= 2; if (d > 9) d -= 9 }
        sum += d
    }
    return (10 - sum % 10) % 10
}
function pick(list, by,   parts, n) {
    n = split(list, parts, "|")
    return parts[int(number / by) % n + 1]
}
function line(key, value) { return key ": " value "~" }
{
    imei = $1
    number = substr(imei, 1, 14) + 0
    form = number % 11
    carrier = simlock = model = fmi = imei2 = text = code = tether = ""
    status = number % 16 == 7 ? "Rejected" : "Completed"
    if (status == "Rejected") {
        text = pick("Invalid_IMEI||Not found~T&C apply", 16)
        code = text == "Invalid_IMEI" ? text : ""
    } else if (form == 0) {
        code = text = sprintf("NCK-%08x-Ab%02d", number % 4294967295, number % 100)
    } else if (form > 1) {
        other = form == 10
        model = pick("iPhone 13 Pro Max 256GB Sierra Blue|iPhone 12 128GB Black|iPhone SE (2nd generation) 64GB (PRODUCT)RED|iPhone 15 Pro 512GB Natural Titanium", 1)
        carrier = pick("Unlocked|US AT&T Activation Policy|US T-Mobile/Sprint Locked Policy|France Orange – Réseau", 4)
        fmi = pick("ON|OFF", 2)
        simlock = pick("Unlocked|Locked", 16)
        if (number % 7 != 2) {
            imei2 = sprintf("00440000%06d", number % 1000000)
            imei2 = imei2 luhn(imei2)
        }
        tether = 2000 + number % 500 " - US T-Mobile & Sprint Locked Policy"
        text = line("Model", model) line("IMEI Number", imei) \
            line("Serial Number", sprintf("F2L%06XQ%d", number % 16777215, number % 10)) \
            (imei2 == "" ? "" : line(other ? "IMEI 2" : "IMEI2 Number", imei2)) \
            line("MEID Number", sprintf("%014.0f", number)) line("AppleCare Eligible", "No") \
            line("Warranty Status", "Out Of Warranty (No Coverage)") line("Telephone Technical Support", "Expired") \
            line("Replaced Device", pick("No|Yes", 32)) line("Loaner Device", "No") \
            line("Estimated Purchase Date", sprintf("2023-%02d-%02d", number % 12 + 1, number % 28 + 1)) \
            line("Carrier", carrier) line("Next Tether Policy", tether) \
            line("Current GSMA Status", pick("Clean|Clean|Clean|Blacklisted", 8)) \
            line(other ? "FMI" : "Find My iPhone", fmi) other_lock()
        sub(/~$/, "", text)
    }
    print imei "|" status "|" carrier "|" simlock "|" model "|" fmi "|" imei2 "|" text "|" code "|" tether
}
function other_lock() { return line(other ? "SIM Lock" : "SimLock", simlock) }
