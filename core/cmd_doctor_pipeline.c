#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "catalogue.h"
#include "cmd_doctor.h"
#include "cmd_store.h"
#include "finding.h"
#include "ledger_check.h"
#include "provider.h"
#include "store.h"
#include "text.h"

/* Tested by tests/run/test_doctor.sh, as are the other pieces. */

/* ---- the ledger --------------------------------------------------------------------------------- */

void doctor_ledger(struct doctor *doctor, const char *dir, const char *uri) {
    const struct ledger_site site = {.state_dir = dir, .uri = uri, .answer_ms = 15000};
    struct ledger *ledger = NULL;
    sluice_error why = ERROR_INIT;
    char wrong[400];
    int failed = ledger_open_at(&site, LEDGER_READ_ONLY, &ledger, &why);
    if (failed == SLUICE_E_NOINPUT) {
        doctor_fine(doctor, "ledger", "there is none yet; the first run that spends makes it");
        return;
    }
    if (!failed)
        failed = ledger_check(ledger, wrong, sizeof wrong, &why);
    if (failed)
        doctor_wrong(doctor, "ledger",
                     "no order is placed until it can be read; docs/ledger.md says what to do", "%s",
                     why.text);
    else if (*wrong)
        doctor_wrong(doctor, "ledger", "keep a copy of the file, and take the last good one back",
                     "is damaged: %s", wrong);
    else
        doctor_fine(doctor, "ledger", uri ? "the database answers" : "opens, and is whole");
    ledger_close(ledger);
}

/* ---- the provider ------------------------------------------------------------------------------- */

static void check_clock(struct doctor *doctor, const struct client *client) {
    sluice_error why = ERROR_INIT;
    if (client_check_clock(client, &why))
        doctor_wrong(doctor, "clock", NULL, "%s", why.text);
    else if (client->has_date)
        doctor_fine(doctor, "clock", "is %" PRId64 " s from the provider's",
                    (client->date_offset_ms < 0 ? -client->date_offset_ms : client->date_offset_ms) / 1000);
}

static void check_provider(struct doctor *doctor, const struct component *component) {
    struct provider provider;
    struct balance balance;
    char amount[MONEY_TEXT];
    sluice_error *why = &doctor->program->error;
    *why = (sluice_error)ERROR_INIT;
    int failed = provider_open_component(&provider, doctor->program, component);
    if (!failed)
        failed = balance_fetch(&balance, &provider.client, why);
    if (failed) {
        doctor_wrong(doctor, "provider", NULL, "%s: %s", component->name, why->text);
    } else {
        sluice_text account = account_name(&provider.arena, &provider.instance.self.endpoint);
        if (balance.known)
            money_format(balance.amount, amount);
        doctor_fine(doctor, "provider", "%s answers for %.*s; balance %s", component->name, TEXT_ARG(account),
                    balance.known ? amount : "unknown");
        check_clock(doctor, &provider.client);
    }
    provider_close(&provider);
}

/* ---- the store ---------------------------------------------------------------------------------- */

/* Has a run kept orders of the pipeline anywhere, as its ledger says? */
static bool has_kept_orders(const char *dir, const struct pipeline *pipeline) {
    const struct ledger_site site = {.state_dir = dir, .uri = pipeline->ledger.uri, .answer_ms = 15000};
    struct ledger *ledger = NULL;
    sluice_error why = ERROR_INIT;
    char name[400], stores[4096] = "";
    snprintf(name, sizeof name, "store of %s", pipeline->name);
    int failed = ledger_open_at(&site, LEDGER_READ_ONLY, &ledger, &why);
    bool none = failed == SLUICE_E_NOINPUT;
    if (!failed)
        failed = ledger_setting(ledger, name, stores, sizeof stores, &why);
    ledger_close(ledger);
    return !none && (failed || *stores);
}

/* Only its file is missing, into whose directory a run may write, and no run was there before. */
static bool is_new(const struct findings *findings, const char *dir, const struct pipeline *pipeline) {
    char path[4096];
    if (findings->count != 1 || !text_is(findings->items[0].code, "file_missing"))
        return false;
    snprintf(path, sizeof path, "%.*s", TEXT_ARG(findings->items[0].what));
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = 0;
    return !access(slash ? path : ".", W_OK | X_OK) && !has_kept_orders(dir, pipeline);
}

static void check_store(struct doctor *doctor, const char *dir, const struct pipeline *pipeline,
                        const char *file) {
    struct findings findings = {0};
    char name[400], remedy[500];
    sluice_error *why = &doctor->program->error;
    *why = (sluice_error)ERROR_INIT;
    int result = store_look(doctor->program, file, &findings, name, sizeof name);
    if (result)
        doctor_wrong(doctor, "store", NULL, "%s", result < 0 ? why->text : "it can't be used; see above");
    bool new = !result &&is_new(&findings, dir, pipeline);
    if (new)
        doctor_fine(doctor, "store", "%s: the file isn't there yet; the first run makes it", name);
    for (size_t i = 0; i < findings.count && !new; i++) {
        const sluice_finding *one = &findings.items[i];
        snprintf(remedy, sizeof remedy, "%.*s", TEXT_ARG(one->remedy));
        doctor_wrong(doctor, "store", *remedy ? remedy : "run 'sluice store init'", "%s: %.*s: %.*s", name,
                     TEXT_ARG(one->what), TEXT_ARG(one->text));
    }
    if (!result && !findings.count)
        doctor_fine(doctor, "store", "%s: everything is there", name);
    findings_free(&findings);
}

/* ---- the file ----------------------------------------------------------------------------------- */

void doctor_pipeline(struct doctor *doctor, const char *dir, const char *file) {
    struct program *program = doctor->program;
    struct diag diag = {0};
    struct pipeline *pipeline =
        pipeline_load(file, PIPELINE_RUN, program_vars(program), program_registry(program), &diag);
    program_report(program, &diag);
    if (!pipeline) {
        doctor_wrong(doctor, "pipeline", "put it right; `sluice lint` says the same",
                     "%s: %zu error%s, see above", file, diag.errors, diag.errors == 1 ? "" : "s");
        diag_free(&diag);
        return;
    }
    doctor_fine(doctor, "pipeline", "%s: no errors", file);
    if (pipeline->ledger.uri)
        doctor_ledger(doctor, dir, pipeline->ledger.uri);
    if (pipeline->spender >= 0)
        check_provider(doctor, &pipeline->actions.items[pipeline->spender]);
    const struct component *store = store_of(pipeline);
    if (store && store->type->store)
        check_store(doctor, dir, pipeline, file);
    pipeline_free(pipeline);
    diag_free(&diag);
}
