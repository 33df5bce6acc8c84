#include "rehearsal_rows.h"

#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "text.h"

enum { SHOWN_BYTES = 200, SHOWN_ROWS = 20 };

/* ---- which belongs to which ---------------------------------------------------------------------- */

static bool same(const struct row_cell *expected, const struct row *got) {
    return text_equal(row_value(got, expected->name), expected->value); /* null is '' */
}

/* How many of its fields are as they should be. */
static size_t agreement(const struct row *expected, const struct row *got) {
    size_t count = 0;
    for (size_t i = 0; i < expected->count; i++)
        count += same(&expected->cells[i], got);
    return count;
}

struct pairing {
    const struct row_list *expected, *got;
    size_t *partner; /* of each expected record, from 1; 0: none */
    bool *taken;     /* each that came */
    size_t bad;
};

/* The free record that agrees in the most fields, at least in `least`, from 1; 0: none does. */
static size_t find_partner(const struct pairing *pairing, const struct row *row, size_t least) {
    size_t best = 0, partner = 0;
    for (size_t g = 0; g < pairing->got->count; g++) {
        size_t fields = pairing->taken[g] ? 0 : agreement(row, &pairing->got->items[g]);
        if (pairing->taken[g] || fields < least || (partner && fields <= best))
            continue;
        best = fields;
        partner = g + 1;
    }
    return partner;
}

static void pair(struct pairing *pairing, size_t expected, size_t least) {
    size_t partner = pairing->partner[expected];
    if (partner)
        return;
    partner = find_partner(pairing, &pairing->expected->items[expected], least);
    pairing->partner[expected] = partner;
    if (partner)
        pairing->taken[partner - 1] = true;
}

/* First those that agree in all, and of these the ones that name the most: they have the least choice. */
static void pair_all(struct pairing *pairing) {
    const struct row_list *expected = pairing->expected;
    size_t most = 0;
    for (size_t e = 0; e < expected->count; e++)
        most = expected->items[e].count > most ? expected->items[e].count : most;
    for (size_t fields = most + 1; fields-- > 0;)
        for (size_t e = 0; e < expected->count; e++)
            if (expected->items[e].count == fields)
                pair(pairing, e, fields);
    for (size_t e = 0; e < expected->count; e++)
        pair(pairing, e, 1);
}

/* ---- what is said ---------------------------------------------------------------------------------- */

static void put_value(FILE *out, sluice_text value) {
    sluice_text cut = text_cut(value, SHOWN_BYTES);
    if (!value.ptr) {
        fputs("null", out);
        return;
    }
    fputc('\'', out);
    printable_put(out, cut);
    fputs(cut.len < value.len ? "…'" : "'", out);
}

static void put_cell(FILE *out, sluice_text name, sluice_text value, bool first) {
    fputs(first ? "" : ", ", out);
    printable_put(out, name);
    fputs(": ", out);
    put_value(out, value);
}

static void put_row(FILE *out, char sign, const struct row *row, const sluice_texts *names) {
    bool first = true;
    fprintf(out, "    %c {", sign);
    for (uint64_t i = 0; i < names->count; i++) {
        sluice_text value = row_value(row, names->items[i]);
        if (!value.ptr)
            continue;
        put_cell(out, names->items[i], value, first);
        first = false;
    }
    fputs("}\n", out);
}

/* What agrees says which record it is. */
static void put_difference(FILE *out, const struct row *expected, const struct row *got) {
    bool first = true;
    fputs("    ~ {", out);
    for (size_t i = 0; i < expected->count; i++) {
        const struct row_cell *cell = &expected->cells[i];
        if (!same(cell, got))
            continue;
        put_cell(out, cell->name, cell->value, first);
        first = false;
    }
    fputs("}\n", out);
    for (size_t i = 0; i < expected->count; i++) {
        const struct row_cell *cell = &expected->cells[i];
        if (same(cell, got))
            continue;
        fputs("        ", out);
        printable_put(out, cell->name);
        fputs(": expected ", out);
        put_value(out, cell->value);
        fputs(", got ", out);
        put_value(out, row_value(got, cell->name));
        fputc('\n', out);
    }
}

static void put_all(FILE *out, const struct pairing *pairing, const sluice_texts *names) {
    size_t shown = 0;
    for (size_t e = 0; e < pairing->expected->count && shown < SHOWN_ROWS; e++) {
        const struct row *row = &pairing->expected->items[e];
        const struct row *got = pairing->partner[e] ? &pairing->got->items[pairing->partner[e] - 1] : NULL;
        if (got && agreement(row, got) == row->count)
            continue;
        shown++;
        if (got)
            put_difference(out, row, got);
        else
            put_row(out, '-', row, names);
    }
    for (size_t g = 0; g < pairing->got->count && shown < SHOWN_ROWS; g++)
        if (!pairing->taken[g]) {
            put_row(out, '+', &pairing->got->items[g], names);
            shown++;
        }
    if (shown < pairing->bad)
        fprintf(out, "    and %zu more\n", pairing->bad - shown);
}

static void count_bad(struct pairing *pairing) {
    for (size_t e = 0; e < pairing->expected->count; e++) {
        const struct row *row = &pairing->expected->items[e];
        size_t partner = pairing->partner[e];
        pairing->bad += !partner || agreement(row, &pairing->got->items[partner - 1]) < row->count;
    }
    for (size_t g = 0; g < pairing->got->count; g++)
        pairing->bad += !pairing->taken[g];
}

bool rehearsal_rows_match(FILE *out, const char *title, const struct row_list *expected,
                          const struct row_list *got) {
    struct pairing pairing = {.expected = expected, .got = got};
    sluice_arena arena = {0};
    sluice_texts names;
    pairing.partner = calloc(expected->count + 1, sizeof *pairing.partner);
    pairing.taken = calloc(got->count + 1, sizeof *pairing.taken);
    bool room =
        pairing.partner && pairing.taken && row_list_names(expected->count ? expected : got, &arena, &names);
    if (room) {
        pair_all(&pairing);
        count_bad(&pairing);
    }
    if (!room)
        fprintf(out, "%s: out of memory\n", title);
    else if (pairing.bad) {
        fprintf(out, "%s: expected %zu, got %zu  (- missing, + not expected, ~ differs)\n", title,
                expected->count, got->count);
        put_all(out, &pairing, &names);
    }
    free(pairing.partner);
    free(pairing.taken);
    arena_free(&arena);
    return room && !pairing.bad;
}
