#include "suspect.h"

#include <stdio.h>

#include "text.h"

enum { WORDS = 200, SUSPECTS_MOST = 5000000 };

/* Of a service that can't be told at all. */
static const sluice_text any_service = {"", 0};

static int add(struct suspects *suspects, const struct suspect *suspect, sluice_text service,
               sluice_error *error) {
    char words[WORDS];
    struct foreseen news = {.ordered = true, .order_id = words};
    snprintf(words, sizeof words, "%.*s ('%.*s')", TEXT_ARG(suspect->order_id), TEXT_ARG(suspect->title));
    int failed =
        order_key_make(&news.key, suspect->provider, suspect->account, service, suspect->identifier, error);
    return failed ? failed : foresight_add(&suspects->known, &news, error);
}

int suspects_add(struct suspects *suspects, const struct catalogue *catalogue, const struct suspect *suspect,
                 sluice_error *error) {
    bool titled = false;
    int failed = 0;
    if (suspects->known.count >= SUSPECTS_MOST)
        return fail(error, SLUICE_E_DATA,
                    "more than %d orders are of services that can't be told: what was ordered before can't "
                    "be known",
                    SUSPECTS_MOST);
    for (size_t i = 0; !failed && suspect->title.len && i < catalogue->count; i++)
        if (text_equal(catalogue->services[i].title, suspect->title)) {
            titled = true;
            failed = add(suspects, suspect, catalogue->services[i].id, error);
        }
    return failed || titled ? failed : add(suspects, suspect, any_service, error);
}

int suspects_find(const struct suspects *suspects, sluice_text provider, sluice_text account,
                  sluice_text identifier, const struct order_key *key, const char **out,
                  sluice_error *error) {
    struct order_key any;
    *out = NULL;
    if (!suspects->known.count)
        return 0;
    int failed = order_key_make(&any, provider, account, any_service, identifier, error);
    if (failed)
        return failed;
    const struct foreseen *found = foresight_find(&suspects->known, key);
    if (!found)
        found = foresight_find(&suspects->known, &any);
    *out = found ? found->order_id : NULL;
    return 0;
}

void suspects_free(struct suspects *suspects) {
    foresight_free(&suspects->known);
}
