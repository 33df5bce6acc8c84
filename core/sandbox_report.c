#include "sandbox_parts.h"

void sandbox_count(struct sandbox *sandbox, struct sandbox_counts *out) {
    pthread_mutex_lock(&sandbox->lock);
    *out = (struct sandbox_counts){.requests = sandbox->requests,
                                   .charges = sandbox->book.charge_count,
                                   .identifiers = sandbox->book.charges.count,
                                   .most_charges = sandbox->book.most,
                                   .repeated = sandbox->book.repeated,
                                   .amount = sandbox->book.amount};
    pthread_mutex_unlock(&sandbox->lock);
}

static void write_faults(struct json *json, struct sandbox *sandbox) {
    json_key(json, "faults");
    json_open(json, '{');
    pthread_mutex_lock(&sandbox->lock);
    for (size_t i = 0; i < sandbox->fault_count; i++) {
        json_key(json, sandbox->faults[i].name);
        json_number(json, (int64_t)sandbox->faults[i].struck);
    }
    pthread_mutex_unlock(&sandbox->lock);
    json_close(json, '}');
}

char *sandbox_json(struct sandbox *sandbox) {
    struct sandbox_counts counts;
    struct json json = {0};
    char amount[MONEY_TEXT];
    sandbox_count(sandbox, &counts);
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {{"requests", counts.requests},
                   {"charged", counts.charges},
                   {"identifiers", counts.identifiers},
                   {"most_charges", counts.most_charges},
                   {"repeated", counts.repeated}};
    json_open(&json, '{');
    json_key(&json, "provider");
    json_string(&json, sandbox->provider);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        json_key(&json, numbers[i].key);
        json_number(&json, (int64_t)numbers[i].value);
    }
    json_key(&json, "amount");
    json_string(&json, money_format(counts.amount, amount));
    write_faults(&json, sandbox);
    json_close(&json, '}');
    if (!json.failed)
        return json.text;
    json_free(&json);
    return NULL;
}

const char *sandbox_idle_fault(struct sandbox *sandbox, size_t index) {
    const char *name = NULL;
    pthread_mutex_lock(&sandbox->lock);
    for (size_t i = 0; i < sandbox->fault_count && !name; i++)
        if (sandbox->faults[i].struck == 0 && index-- == 0)
            name = sandbox->faults[i].name;
    pthread_mutex_unlock(&sandbox->lock);
    return name;
}
