#include <string.h>

#include "clock.h"
#include "log.h"
#include "sandbox_parts.h"
#include "text.h"

static struct sandbox_side *side_of(sluice_self *self) {
    return self->sandbox;
}

static void charged(sluice_self *self, sluice_text identifier, sluice_text service, sluice_text amount) {
    struct sandbox_side *side = side_of(self);
    side->charged = true;
    if (!side->forecast && !side->foreign &&
        !sandbox_book_charge(&side->sandbox->book, identifier, service, amount))
        log_line(SLUICE_LOG_WARN, self->place, "charged '%.*s', which is no amount", TEXT_ARG(amount));
}

static struct fault *find_fault(const struct sandbox *sandbox, const char *name) {
    for (size_t i = 0; i < sandbox->fault_count; i++)
        if (strcmp(sandbox->faults[i].name, name) == 0)
            return &sandbox->faults[i];
    return NULL;
}

static int32_t flag(sluice_self *self, const char *name) {
    struct sandbox_side *side = side_of(self);
    struct sandbox *sandbox = side->sandbox;
    struct fault *fault = find_fault(sandbox, name);
    if (!fault)
        return 0;
    if (fault->effect == FAULT_TAKEN)
        return side->foreign;
    if (side->forecast)
        return fault_is_constant(fault);
    if (!fault_is_constant(fault) && fault->effect == FAULT_FLAG && !sandbox->paying)
        return 0;
    return fault_strikes_in(fault, sandbox->requests);
}

static int64_t flag_value(sluice_self *self, const char *name) {
    const struct fault *fault = find_fault(side_of(self)->sandbox, name);
    return fault ? fault->value : 0;
}

static _Thread_local int64_t behind_ms;

void sandbox_side_turn_back(int64_t milliseconds) {
    behind_ms = milliseconds;
}

static int64_t now_ms(void) {
    return clock_wall_ms() - behind_ms;
}

static void remember(sluice_self *self, sluice_text key, sluice_text value) {
    struct sandbox_side *side = side_of(self);
    if (!side->forecast)
        sandbox_book_remember(&side->sandbox->book, key, value);
}

static int32_t recall(sluice_self *self, sluice_text key, sluice_arena *arena, sluice_text *value) {
    struct sandbox_side *side = side_of(self);
    sluice_text found = sandbox_book_recall(&side->sandbox->book, key);
    *value = arena_copy(arena, found);
    return value->ptr ? 1 : 0;
}

static void recall_all(sluice_self *self, sluice_text prefix,
                       int32_t (*each)(void *user, sluice_text key, sluice_text value), void *user) {
    const struct sandbox_table *memory = &side_of(self)->sandbox->book.memory;
    for (size_t i = 0; i < memory->count; i++) { /* `each` may add to the table */
        struct sandbox_entry entry = memory->entries[i];
        bool fits = entry.key.len >= prefix.len &&
                    (prefix.len == 0 || memcmp(entry.key.ptr, prefix.ptr, prefix.len) == 0);
        if (fits && entry.value.ptr && each(user, entry.key, entry.value))
            return;
    }
}

static sluice_host table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    table = *host_table();
    table.charged = charged;
    table.flag = flag;
    table.flag_value = flag_value;
    table.now_ms = now_ms;
    table.remember = remember;
    table.recall = recall;
    table.recall_all = recall_all;
}

int sandbox_side_open(struct sandbox_side *side, struct sandbox *sandbox, bool forecast,
                      sluice_error *error) {
    pthread_once(&table_once, make_table);
    *side = (struct sandbox_side){.sandbox = sandbox, .forecast = forecast};
    side->self = (struct sluice_self){.place = sandbox->provider, .sandbox = side};
    int failed = sandbox->type->open(&table, &side->self, sandbox->config, &side->instance, error);
    side->open = !failed;
    if (failed)
        arena_free(&side->self.arena);
    return failed <= 0 ? failed
                       : fail(error, SLUICE_E_PLUGIN, "%s: open() answered %d", sandbox->provider, failed);
}

void sandbox_side_close(struct sandbox_side *side) {
    if (!side->open)
        return;
    if (side->sandbox->type->close)
        side->sandbox->type->close(side->instance);
    arena_free(&side->self.arena);
    side->open = false;
}
