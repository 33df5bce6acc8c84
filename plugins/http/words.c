#include <stdio.h>

#include <sluice/text.h>

#include "action.h"

sluice_text words_own(const struct settings *settings, struct reply *reply) {
    static const sluice_text usual[] = {
        {"/message", 8}, {"/error/message", 14}, {"/error", 6}, {"/detail", 7}, {"/result", 7}};
    sluice_texts pointers = {usual, sizeof usual / sizeof *usual};
    return text_trim(reply_first(reply, reply->root, settings->message.count ? settings->message : pointers));
}

sluice_text words_amount(const struct settings *settings, sluice_text text, char room[AMOUNT_TEXT]) {
    if (!text.len)
        return (sluice_text){NULL, 0};
    return settings->minor_units ? amount_from_minor(text_trim(text), (unsigned)settings->minor_units, room)
                                 : amount_read(text, room);
}

void words_of(const struct settings *settings, struct reply *reply, const sluice_reply *from,
              char out[WORDS_TEXT]) {
    char came[REPLY_DESCRIPTION];
    sluice_text words = reply->kind == REPLY_JSON ? words_own(settings, reply) : (sluice_text){NULL, 0};
    if (words.len) {
        snprintf(out, WORDS_TEXT, "HTTP %d: %.*s", from->status, TEXT_ARG(text_cut(words, WORDS_TEXT - 20)));
        return;
    }
    reply_describe(reply, from, came);
    snprintf(out, WORDS_TEXT, "%s", came);
}

int32_t words_check(const sluice_host *host, const struct settings *settings, struct reply *reply,
                    const sluice_reply *from, sluice_error *error) {
    char words[WORDS_TEXT];
    words_of(settings, reply, from, words);
    if (from->status == 401 || from->status == 403)
        return host->fail(error, SLUICE_E_AUTH, "the provider refuses the credentials: %s", words);
    if (from->status >= 400)
        return host->fail(error, SLUICE_E_UNAVAILABLE, "the provider refuses the call: %s", words);
    if (reply->kind != REPLY_JSON)
        return host->fail(error, SLUICE_E_UNAVAILABLE,
                          "what came is no whole JSON (%s); check the address, or try again later", words);
    return SLUICE_OK;
}
