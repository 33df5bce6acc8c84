#include "errors.h"

#include <sluice/text.h>

struct known_error {
    const char *text; /* up to a '*': anything may follow; else only punctuation */
    struct error_kind kind;
};

static const struct known_error known[] = {
    {"Invalid User", {ERROR_AUTH, "invalid_user"}},
    {"Invalid API Key", {ERROR_AUTH, "invalid_api_key"}},
    {"API access to you is not allowed", {ERROR_AUTH, "api_access_denied"}},
    {"This user is not active", {ERROR_AUTH, "inactive_user"}},
    {"Invalid IP request*", {ERROR_AUTH, "invalid_ip"}},
    {"Credit has been finished", {ERROR_NO_CREDIT, "no_credit"}},
    {"Your Credits have been finished", {ERROR_NO_CREDIT, "no_credit"}},
    {"Website is in maintenance*", {ERROR_MAINTENANCE, "maintenance"}},
    {"IMEI already exists", {ERROR_DUPLICATE, "already_exists"}},
    {"Invalid IMEI*", {ERROR_REJECTED, "invalid_imei"}},
    {"Invalid value of Network Id", {ERROR_REJECTED, "invalid_service"}},
    {"Invalid Order ID", {ERROR_NO_ORDER, "unknown_order"}},
};

static bool is_punctuation(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (!strchr("!.? ", text.ptr[i]))
            return false;
    return true;
}

const struct error_kind *error_classify(sluice_text text) {
    static const struct error_kind other = {ERROR_OTHER, "provider_error"};
    text = text_trim(text);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        sluice_text start = text_of(known[i].text);
        bool open = start.ptr[start.len - 1] == '*';
        start.len -= open;
        if (text_starts(text, start) &&
            (open || is_punctuation((sluice_text){text.ptr + start.len, text.len - start.len})))
            return &known[i].kind;
    }
    return &other;
}
