/* imei.c - the plugin, and its one action: repair what is certain, refuse the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/plugin.h>

#include "repair.h"
#include "seen.h"

struct config {
    sluice_text field;
    int64_t check;
    sluice_texts complete;
    uint8_t dedupe;
};

static const char *const check_choices[] = {"luhn", "digits", "any", NULL};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(struct config, field, "field", 0, "imei", "The field that holds the identifier.", "imei"),
    SLUICE_OPT_CHOICE(struct config, check, "check", 0, "luhn", check_choices,
                      "luhn: 15 digits with the right check digit; digits: 15 digits; any: any identifier."),
    SLUICE_OPT_TEXTS(
        struct config, complete, "complete", 0, NULL,
        "14: add the check digit to 14 digits; 16: make an IMEISV an IMEI. Otherwise both are refused.",
        "[14, 16]"),
    SLUICE_OPT_BOOL(
        struct config, dedupe, "dedupe", 0, "false",
        "Drop a record whose identifier came before in this run; counted as a duplicate. Keeps up to 10 "
        "million identifiers in memory."),
};

struct action {
    const sluice_host *host;
    struct repair_rules rules;
    char *field;
    bool dedupe;
    struct seen seen;
};

/* ---- open, close -------------------------------------------------------------------------- */

static int32_t read_complete(struct action *action, sluice_texts complete, sluice_error *error) {
    for (uint64_t i = 0; i < complete.count; i++) {
        sluice_text text = complete.items[i];
        if (text.len == 2 && memcmp(text.ptr, "14", 2) == 0)
            action->rules.complete_14 = true;
        else if (text.len == 2 && memcmp(text.ptr, "16", 2) == 0)
            action->rules.complete_16 = true;
        else
            return action->host->fail(
                error, SLUICE_E_CONFIG,
                "complete: '%.*s' isn't a length that can be completed; write 14, 16 or both", (int)text.len,
                text.ptr);
    }
    return 0;
}

static void imei_close(void *instance) {
    struct action *action = instance;
    seen_free(&action->seen);
    free(action->field);
    free(action);
}

static int32_t imei_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    const struct config *chosen = config;
    struct action *action = calloc(1, sizeof *action);
    (void)self;
    if (!action)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    action->host = host;
    action->rules.check = (enum repair_check)chosen->check;
    action->dedupe = chosen->dedupe;
    action->field = strndup(chosen->field.ptr, chosen->field.len);
    int32_t rc = action->field ? read_complete(action, chosen->complete, error)
                               : host->fail(error, SLUICE_E_IO, "out of memory");
    if (rc < 0) {
        imei_close(action);
        return rc;
    }
    *instance = action;
    return 0;
}

/* ---- a batch ------------------------------------------------------------------------------ */

/* The batch at hand, and its column once a value in it has changed. */
struct work {
    struct action *action;
    const sluice_batch *in;
    sluice_changes *out;
    const sluice_text *before;
    sluice_text *after; /* NULL: nothing changed so far */
    sluice_error *error;
};

static int32_t fail_memory(const struct work *work) {
    return work->action->host->fail(work->error, SLUICE_E_IO, "out of memory");
}

static int32_t fail_no_field(const struct action *action, const sluice_batch *in, sluice_error *error) {
    char names[400];
    size_t used = 0;
    *names = 0;
    for (uint32_t c = 0; c < in->column_count && used < sizeof names; c++) {
        int n = snprintf(names + used, sizeof names - used, "%s%.*s", c ? ", " : "", (int)in->names[c].len,
                         in->names[c].ptr);
        used += n > 0 ? (size_t)n : 0;
    }
    return action->host->fail(
        error, SLUICE_E_DATA,
        "the records have no field '%s', they have %s; say which one it is: columns: {%s: "
        "[HEADER]} in the csv source, or the option field here",
        action->field, names, action->field);
}

static int32_t change(struct work *work, uint32_t row, sluice_text value) {
    const sluice_host *host = work->action->host;
    if (!work->after) {
        work->after = host->alloc(work->out->arena, work->in->row_count * sizeof *work->after);
        if (!work->after)
            return fail_memory(work);
        memcpy(work->after, work->before, work->in->row_count * sizeof *work->after);
    }
    char *copy = host->alloc(work->out->arena, value.len + 1);
    if (!copy)
        return fail_memory(work);
    memcpy(copy, value.ptr, value.len);
    work->after[row] = (sluice_text){copy, value.len};
    return 0;
}

static bool is_ascii(sluice_text value) {
    for (uint64_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Full-width digits become digits, most spaces become the space. 1: refused, it isn't text. */
static int32_t fold(struct work *work, uint32_t row, sluice_text *value) {
    const sluice_host *host = work->action->host;
    static const char reason[] = "the identifier isn't UTF-8 text";
    if (is_ascii(*value))
        return 0;
    int32_t rc = host->nfkc(work->out->arena, *value, value, work->error);
    if (rc != SLUICE_E_DATA)
        return rc;
    host->reject(work->out, row, "not_utf8", (sluice_text){reason, sizeof reason - 1});
    return 1;
}

/* What the value is in the end: *value. 1: the row was refused. */
static int32_t settle(struct work *work, uint32_t row, sluice_text *value) {
    struct repair repair;
    sluice_text folded = *value;
    int32_t rc = fold(work, row, &folded);
    if (rc != 0)
        return rc;
    enum repair_verdict verdict = repair_value(folded, &work->action->rules, &repair);
    if (verdict == REPAIR_REFUSED) {
        work->action->host->reject(work->out, row, repair.code,
                                   (sluice_text){repair.reason, strlen(repair.reason)});
        return 1;
    }
    sluice_text final = verdict == REPAIR_CHANGED ? repair.out : folded;
    if (final.len == value->len && memcmp(final.ptr, value->ptr, final.len) == 0)
        return 0;
    rc = change(work, row, final);
    if (rc == 0)
        *value = work->after[row];
    return rc;
}

static int32_t dedupe(struct work *work, uint32_t row, sluice_text value) {
    switch (seen_add(&work->action->seen, value)) {
    case SEEN_NEW:
        return 0;
    case SEEN_BEFORE:
        work->action->host->drop(work->out, row, SLUICE_DROP_DUPLICATE);
        return 0;
    default:
        return work->action->host->fail(work->error, SLUICE_E_DATA,
                                        "row %llu: dedupe keeps 10 million identifiers (256 MiB when they "
                                        "aren't IMEIs) and these are more; split "
                                        "the input or leave dedupe out",
                                        (unsigned long long)work->in->numbers[row]);
    }
}

static int32_t imei_process(void *instance, const sluice_batch *in, sluice_changes *out,
                            sluice_error *error) {
    struct action *action = instance;
    if (!in->selected)
        return 0;
    int32_t column = sluice_find_column(in, action->field, strlen(action->field));
    if (column < 0)
        return fail_no_field(action, in, error);
    struct work work = {.action = action, .in = in, .out = out, .before = in->cells[column], .error = error};
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = sluice_selected(in, i);
        sluice_text value = work.before[row];
        int32_t rc = repair_is_imei(value) ? 0 : settle(&work, row, &value);
        if (rc == 0 && action->dedupe)
            rc = dedupe(&work, row, value);
        if (rc < 0)
            return rc;
    }
    return work.after ? action->host->set_column(out, action->field, work.after, error) : 0;
}

static const sluice_action callbacks = {.size = sizeof callbacks, .process = imei_process};

/* ---- the plugin --------------------------------------------------------------------------- */

static const char *const fields[] = {"imei", NULL};

static const sluice_component components[] = {{
    .size = sizeof(sluice_component),
    .kind = SLUICE_ACTION,
    .name = "imei",
    .summary = "Repair and check IMEIs",
    .about = "Takes away what spreadsheets and people put into an IMEI: spaces, dashes, dots, '.0', an "
             "apostrophe, "
             "=\"…\", full-width digits, characters that aren't seen. Refuses what lost digits and what has "
             "a wrong "
             "check digit, with the row and the reason.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .option_stride = sizeof(sluice_option),
    .config_size = sizeof(struct config),
    .reads = fields,
    .adds = fields,
    .open = imei_open,
    .close = imei_close,
    .action = &callbacks,
}};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .min_minor = 0,
    .name = "imei",
    .version = SLUICE_VERSION,
    .summary = "IMEIs as spreadsheets leave them",
    .components = components,
    .component_count = 1,
    .component_stride = sizeof(sluice_component),
};

SLUICE_PLUGIN(plugin)
