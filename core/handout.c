#include "handout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { COLUMNS = 4096, NUMBER = 24 };

struct handout handout_to(const sluice_query *asked, sluice_each_row *each, void *user) {
    return (struct handout){.each = each, .user = user, .left = asked->limit ? asked->limit : UINT64_MAX};
}

bool handout_wants_more(const struct handout *out) {
    return out->left && !out->enough;
}

void handout_give(struct handout *out, const sluice_text *names, const sluice_text *values, uint32_t count) {
    const sluice_text *cells[COLUMNS];
    static const uint64_t one = 1;
    if (count > COLUMNS)
        count = COLUMNS;
    for (uint32_t i = 0; i < count; i++)
        cells[i] = &values[i];
    sluice_batch batch = {.size = sizeof batch,
                          .column_count = count,
                          .row_count = 1,
                          .selected = 1,
                          .names = names,
                          .cells = cells,
                          .numbers = &one};
    out->left--;
    out->enough = out->each(out->user, &(sluice_row){.batch = &batch}) != 0;
}

/* ---- pages ----------------------------------------------------------------------------------- */

uint64_t handout_page_rows(const struct handout *out) {
    return out->left < HANDOUT_PAGE ? out->left : HANDOUT_PAGE;
}

sluice_text *handout_page_add(struct handout_page *page) {
    if (page->count == HANDOUT_PAGE || page->failed)
        return NULL;
    sluice_text *row = arena_zalloc(&page->arena, page->columns * sizeof *row);
    page->failed = !row;
    if (row)
        page->rows[page->count++] = row;
    return row;
}

sluice_text handout_text(struct handout_page *page, sluice_text text) {
    sluice_text copy = arena_copy(&page->arena, text);
    page->failed |= text.ptr && !copy.ptr;
    return copy;
}

sluice_text handout_string(struct handout_page *page, const char *string) {
    return handout_text(page, text_of(string));
}

sluice_text handout_number(struct handout_page *page, int64_t number) {
    char text[NUMBER];
    snprintf(text, sizeof text, "%" PRId64, number);
    return handout_string(page, text);
}

sluice_text handout_time(struct handout_page *page, int64_t ms) {
    return ms ? handout_number(page, ms) : (sluice_text){0};
}

sluice_text handout_money(struct handout_page *page, money amount) {
    char text[MONEY_TEXT];
    return amount == MONEY_NONE ? (sluice_text){0} : handout_string(page, money_format(amount, text));
}

int handout_give_page(struct handout *out, struct handout_page *page, sluice_error *error) {
    bool failed = page->failed;
    for (uint32_t i = 0; !failed && i < page->count && handout_wants_more(out); i++)
        handout_give(out, page->names, page->rows[i], page->columns);
    page->count = 0;
    page->failed = false;
    arena_free(&page->arena);
    return failed ? fail_memory(error) : 0;
}

int handout_end_page(struct handout *out, struct handout_page *page, int failed, sluice_error *error) {
    if (failed)
        page->count = 0;
    int given = handout_give_page(out, page, failed ? NULL : error);
    return failed ? failed : given;
}

/* ---- the question ---------------------------------------------------------------------------- */

sluice_texts query_values(const sluice_query *asked, const char *name) {
    for (uint64_t i = 0; i < asked->where.count; i++)
        if (text_is(asked->where.items[i].key, name))
            return asked->where.items[i].values;
    return (sluice_texts){0};
}

sluice_text query_value(const sluice_query *asked, const char *name) {
    sluice_texts values = query_values(asked, name);
    return values.count ? values.items[0] : (sluice_text){0};
}

bool query_flag(const sluice_query *asked, const char *name) {
    sluice_text value = query_value(asked, name);
    return value.len && !text_is(value, "0");
}

int query_check(const sluice_query *asked, const char *const *names, sluice_error *error) {
    for (uint64_t i = 0; i < asked->where.count; i++) {
        size_t n = 0;
        while (names[n] && !text_is(asked->where.items[i].key, names[n]))
            n++;
        if (!names[n])
            return fail(error, SLUICE_E_PLUGIN, "a query of kind %u has no condition '%.*s'", asked->kind,
                        TEXT_ARG(text_cut(asked->where.items[i].key, 60)));
    }
    return 0;
}

int64_t query_number(sluice_text text) {
    char digits[NUMBER];
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(text));
    return strtoll(digits, NULL, 10);
}
