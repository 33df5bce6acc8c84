/* Orders in doubt: asked about, or decided on by a person; and the pause. What `sluice ledger settle`,
 * `resolve`, `pause` and `resume` do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clerk_parts.h"
#include "clock.h"
#include "cmd_ledger_resolve.h"
#include "settler.h"
#include "text.h"

/* Who asked for it is told the sentence; a person at a page types no commands. */
static void refuse(struct errand *errand, const struct program *program) {
    errand_end(errand, SLUICE_ACTED_REFUSED, "%s",
               *program->error.text ? program->error.text : "the provider can't be asked");
}

/* ---- settle ---------------------------------------------------------------------------------- */

static int settle(struct clerk *clerk, struct desk *desk, struct settler *settler) {
    const struct provider *provider = &desk->provider;
    int result = desk_open_component(desk, clerk_spender(clerk), &clerk->stopping);
    if (result)
        return result;
    if (!provider->instance.self.endpoint.settles)
        return fail(&desk->program->error, SLUICE_E_UNAVAILABLE,
                    "this provider has no list of orders to settle by; look for them there, and say what you "
                    "find");
    *settler = (struct settler){
        .ledger = desk->ledger,
        .client = &desk->provider.client,
        .catalogue = &desk->catalogue,
        .place = provider->component.place,
        .provider = desk->name,
        .account = desk->account,
        .run = desk->run,
        .rules = {provider->component.limits.timeout_ms, clerk->post.pipeline->spend.settle_after_ms},
    };
    return settler_run(settler, &desk->program->error);
}

static void say_settled(struct errand *errand, const struct settler *settler) {
    char later[CLOCK_TEXT];
    uint64_t stays = settler->kinds[SETTLE_STAYS];
    errand_end(errand, SLUICE_ACTED_DONE,
               "%" PRIu64 " placed, %" PRIu64 " bought before, %" PRIu64 " not bought, %" PRIu64
               " still in doubt%s%s%s",
               settler->kinds[SETTLE_PLACED], settler->kinds[SETTLE_EXISTS], settler->kinds[SETTLE_ABSENT],
               stays, settler->later ? "; ask again after " : "",
               settler->later ? clock_format(settler->later_ms, later) : "", settler->later ? " UTC" : "");
}

void errand_settle(struct clerk *clerk, struct errand *errand) {
    struct program program;
    struct desk desk;
    struct settler settler = {0};
    clerk_begin(clerk, &program);
    const struct ledger_site site = clerk_site(clerk);
    int result = desk_open_at(&desk, &program, &site, "settle");
    bool nothing = result == SLUICE_E_NOINPUT; /* nothing was ever ordered */
    if (!result)
        result = settle(clerk, &desk, &settler);
    result = desk_close(&desk, result);
    if (result && !nothing)
        refuse(errand, &program);
    else
        say_settled(errand, &settler);
    clerk_end(&program);
}

/* ---- resolve --------------------------------------------------------------------------------- */

void errand_resolve(struct clerk *clerk, struct errand *errand) {
    struct program program;
    struct resolving resolving = {.placed = *errand->order_id ? errand->order_id : NULL,
                                  .reason = *errand->reason ? errand->reason : NULL,
                                  .who = errand->who,
                                  .asks = clerk_spender(clerk),
                                  .stop = &clerk->stopping,
                                  .unchecked = errand->flags & SLUICE_ACT_UNCHECKED};
    clerk_begin(clerk, &program);
    const struct ledger_site site = clerk_site(clerk);
    int result = desk_open_at(&resolving.desk, &program, &site, "resolve");
    if (!result)
        result = resolve_order(&resolving, errand->key);
    if (result)
        refuse(errand, &program);
    else if (resolving.placed)
        errand_end(errand, SLUICE_ACTED_DONE, "%s is placed as order %s; the next run of '%s' delivers it",
                   resolving.doubt.identifier, resolving.placed,
                   resolving.pipeline ? resolving.pipeline : "?");
    else
        errand_end(errand, SLUICE_ACTED_DONE, "%s isn't bought; it may be ordered again",
                   resolving.doubt.identifier);
    desk_close(&resolving.desk, result);
    clerk_end(&program);
}

/* ---- pause and resume ------------------------------------------------------------------------ */

void errand_pause(struct clerk *clerk, struct errand *errand) {
    bool pauses = errand->kind == SLUICE_ACT_PAUSE;
    struct ledger *ledger = NULL;
    struct pause before = {0}, after = {0};
    sluice_error error = ERROR_INIT;
    char text[PAUSE_TEXT];
    const struct ledger_site site = clerk_site(clerk);
    int failed = ledger_open_at(&site, 0, &ledger, &error);
    if (!failed)
        failed = ledger_paused(ledger, &before, &error);
    if (!failed && pauses) /* again, without a word: what was said stands */
        failed = ledger_pause(ledger, errand->who, *errand->reason ? errand->reason : before.reason, &error);
    else if (!failed && before.since_ms)
        failed = ledger_resume(ledger, &error);
    if (!failed)
        failed = ledger_paused(ledger, &after, &error);
    ledger_close(ledger);
    if (failed)
        errand_end(errand, SLUICE_ACTED_REFUSED, "%s", error.text);
    else if (after.since_ms)
        errand_end(errand, SLUICE_ACTED_DONE, "%s; nothing is ordered before it is resumed",
                   pause_text(&after, text));
    else
        errand_end(errand, SLUICE_ACTED_DONE,
                   before.since_ms ? "resumed: orders go out again" : "it wasn't paused");
}
