#include "rounds.h"

#include <stdlib.h>
#include <string.h>

#define EMPTY UINT32_MAX

static bool grow(struct rounds *rounds, uint32_t row_count) {
    uint32_t slots = 16;
    while (slots < row_count * 2)
        slots *= 2;
    rounds_free(rounds);
    rounds->rows = malloc(2 * (size_t)row_count * sizeof *rounds->rows); /* as many again to put aside */
    rounds->hashes = malloc(row_count * sizeof *rounds->hashes);
    rounds->slots = malloc(slots * sizeof *rounds->slots);
    rounds->slot_count = slots;
    rounds->room = row_count;
    if (rounds->rows && rounds->hashes && rounds->slots)
        return true;
    rounds_free(rounds);
    return false;
}

bool rounds_begin(struct rounds *rounds, uint32_t row_count) {
    if (row_count > rounds->room && !grow(rounds, row_count))
        return false;
    rounds->count = rounds->from = rounds->to = 0;
    return true;
}

void rounds_add(struct rounds *rounds, uint32_t row) {
    rounds->rows[rounds->count++] = row;
}

static uint64_t hash_key(const struct merge *merge, const sluice_batch *batch, uint32_t row) {
    uint64_t hash = 14695981039346656037u;
    for (uint32_t k = 0; k < merge->key_count; k++) {
        sluice_text cell = merge_cell(merge, batch, row, k);
        for (uint64_t i = 0; i < cell.len; i++)
            hash = (hash ^ (unsigned char)cell.ptr[i]) * 1099511628211u;
        hash = (hash ^ 0xff) * 1099511628211u;
    }
    return hash;
}

static bool has_same_key(const struct merge *merge, const sluice_batch *batch, uint32_t a, uint32_t b) {
    for (uint32_t k = 0; k < merge->key_count; k++) {
        sluice_text left = merge_cell(merge, batch, a, k), right = merge_cell(merge, batch, b, k);
        if (left.len != right.len || (left.len && memcmp(left.ptr, right.ptr, left.len) != 0))
            return false;
    }
    return true;
}

/* Is the key new? Then it is there from now on, as that of the row at `position`. */
static bool take_key(struct rounds *rounds, const struct merge *merge, const sluice_batch *batch,
                     uint32_t position) {
    uint32_t row = rounds->rows[position], mask = rounds->slot_count - 1;
    uint64_t hash = hash_key(merge, batch, row);
    uint32_t slot = (uint32_t)(hash ^ hash >> 32) & mask;
    for (; rounds->slots[slot] != EMPTY; slot = (slot + 1) & mask) {
        uint32_t there = rounds->slots[slot];
        if (rounds->hashes[there] == hash && has_same_key(merge, batch, rounds->rows[there], row))
            return false;
    }
    rounds->slots[slot] = position;
    rounds->hashes[position] = hash;
    return true;
}

bool rounds_next(struct rounds *rounds, const struct merge *merge, const sluice_batch *batch) {
    uint32_t *aside = rounds->rows + rounds->room, aside_count = 0, end = rounds->to;
    rounds->from = rounds->to;
    if (rounds->from == rounds->count)
        return false;
    memset(rounds->slots, 0xff, rounds->slot_count * sizeof *rounds->slots);
    for (uint32_t i = rounds->from; i < rounds->count; i++) {
        uint32_t row = rounds->rows[i];
        rounds->rows[end] = row;
        if (take_key(rounds, merge, batch, end))
            end++;
        else
            aside[aside_count++] = row;
    }
    memcpy(rounds->rows + end, aside, aside_count * sizeof *aside);
    rounds->to = end;
    return true;
}

void rounds_free(struct rounds *rounds) {
    free(rounds->rows);
    free(rounds->hashes);
    free(rounds->slots);
    *rounds = (struct rounds){0};
}
