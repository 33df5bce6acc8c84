#include "errors.h"

#include <sluice/text.h>

struct known_error {
    const char *text; /* up to a '*': anything may follow; else only punctuation */
    struct error_kind kind;
};

const struct error_kind error_other = {ERROR_OTHER, "provider_error"};

static const struct known_error known[] = {
    {"Authentication Failed*", {ERROR_AUTH, "authentication_failed"}},
    {"Your Server IP is not allowed*", {ERROR_AUTH, "invalid_ip"}},
    {"Invalid Action", {ERROR_ACTION, "no_such_action"}},
    {"Command not found", {ERROR_ACTION, "no_such_action"}},
    {"CreditprocessError*", {ERROR_NO_CREDIT, "no_credit"}},
    {"Not enough credit*", {ERROR_NO_CREDIT, "no_credit"}},
    {"Insufficient balance*", {ERROR_NO_CREDIT, "no_credit"}},
    {"Insufficient credit*", {ERROR_NO_CREDIT, "no_credit"}},
    {"You are calling this API too frequently*", {ERROR_LATER, "too_frequent"}},
    {"Currently server is under maintenance*", {ERROR_LATER, "maintenance"}},
    {"This IMEI is already available or pending*", {ERROR_DUPLICATE, "already_exists"}},
    {"IMEI already exists*", {ERROR_DUPLICATE, "already_exists"}},
    {"Service Not Active", {ERROR_REJECTED, "service_inactive"}},
    {"Invalid IMEI*", {ERROR_REJECTED, "invalid_imei"}},
    {"NoResultFound", {ERROR_NO_ORDER, "unknown_order"}},
};

static bool is_punctuation(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (!strchr("!.?, ", text.ptr[i]))
            return false;
    return true;
}

/* "ValidationError5102" and ",": what stands in front of the words. */
static sluice_text without_front(sluice_text text) {
    const sluice_text validation = TEXT("ValidationError");
    text = text_trim(text);
    if (text_starts(text, validation)) {
        text = (sluice_text){text.ptr + validation.len, text.len - validation.len};
        while (text.len && text_is_digit(text.ptr[0]))
            text = (sluice_text){text.ptr + 1, text.len - 1};
    }
    while (text.len && strchr(",:;. ", text.ptr[0]))
        text = (sluice_text){text.ptr + 1, text.len - 1};
    return text;
}

static bool begins(sluice_text text, sluice_text start, bool open) {
    return text_starts(text, start) &&
           (open || is_punctuation((sluice_text){text.ptr + start.len, text.len - start.len}));
}

/* Parameter 'IMEI' Required */
static bool is_missing_parameter(sluice_text text) {
    const sluice_text end = TEXT("Required");
    while (text.len && is_punctuation((sluice_text){text.ptr + text.len - 1, 1}))
        text.len--;
    return text_starts(text, TEXT("Parameter ")) && text.len < 100 && text.len > end.len &&
           text_same((sluice_text){text.ptr + text.len - end.len, end.len}, end);
}

const struct error_kind *error_classify(sluice_text text, sluice_texts refusals) {
    static const struct error_kind missing = {ERROR_REJECTED, "missing_parameter"},
                                   refused = {ERROR_REJECTED, "refused"};
    text = without_front(text);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        sluice_text start = text_of(known[i].text);
        bool open = start.ptr[start.len - 1] == '*';
        start.len -= open;
        if (begins(text, start, open))
            return &known[i].kind;
    }
    if (is_missing_parameter(text))
        return &missing;
    for (uint64_t i = 0; i < refusals.count; i++)
        if (refusals.items[i].len && text_starts(text, without_front(refusals.items[i])))
            return &refused;
    return &error_other;
}

int64_t error_wait_ms(sluice_text text) {
    const sluice_text before = TEXT("try after ");
    int64_t number = 0;
    uint64_t i = 0, digits = 0;
    while (i + before.len < text.len && !text_same((sluice_text){text.ptr + i, before.len}, before))
        i++;
    for (i += before.len; i < text.len && text_is_digit(text.ptr[i]) && digits < 6; i++, digits++)
        number = number * 10 + (text.ptr[i] - '0');
    if (!digits || i >= text.len)
        return -1;
    sluice_text unit = text_trim((sluice_text){text.ptr + i, text.len - i});
    if (text_starts(unit, TEXT("min")))
        return number * 60 * 1000;
    return text_starts(unit, TEXT("sec")) ? number * 1000 : -1;
}
