#include "bare_host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned bare_warnings;

struct bare_block {
    struct bare_block *next;
    void *memory;
};

static void *bare_alloc(sluice_arena *arena, uint64_t bytes) {
    struct bare_block *block = malloc(sizeof *block);
    if (!block)
        abort();
    block->memory = malloc(bytes ? bytes : 1);
    block->next = arena->blocks;
    arena->blocks = block;
    return block->memory;
}

static void bare_log(sluice_self *self, uint32_t level, const char *format, ...) {
    (void)self, (void)level, (void)format;
    bare_warnings++;
}

static int32_t bare_fail(sluice_error *error, int32_t code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return code;
}

static int32_t bare_columns(sluice_filling *filling, const sluice_text *names, uint32_t count,
                            sluice_error *error) {
    struct bare_batch *batch = (struct bare_batch *)filling;
    (void)error;
    batch->names = bare_alloc(filling->arena, count * sizeof *names);
    filling->cells = bare_alloc(filling->arena, count * sizeof *filling->cells);
    for (uint32_t c = 0; c < count; c++) {
        char *name = bare_alloc(filling->arena, names[c].len);
        memcpy(name, names[c].ptr, names[c].len);
        batch->names[c] = (sluice_text){name, names[c].len};
        filling->cells[c] = bare_alloc(filling->arena, filling->row_limit * sizeof **filling->cells);
    }
    filling->column_count = count;
    return 0;
}

static int32_t bare_reject(sluice_filling *filling, uint32_t row, const char *code, sluice_text reason,
                           sluice_error *error) {
    (void)row, (void)code, (void)reason, (void)error;
    ((struct bare_batch *)filling)->rejected++;
    return 0;
}

const sluice_host bare_host = {
    .size = sizeof bare_host,
    .log = bare_log,
    .fail = bare_fail,
    .alloc = bare_alloc,
    .columns = bare_columns,
    .reject_read = bare_reject,
};

void bare_begin(struct bare_batch *batch, uint32_t row_limit, uint64_t byte_limit) {
    *batch = (struct bare_batch){
        .view = {.size = sizeof batch->view, .row_limit = row_limit, .byte_limit = byte_limit}};
    batch->view.arena = &batch->arena;
    batch->view.numbers = bare_alloc(&batch->arena, row_limit * sizeof *batch->view.numbers);
}

void bare_free(struct bare_batch *batch) {
    for (struct bare_block *block = batch->arena.blocks, *next; block; block = next) {
        next = block->next;
        free(block->memory);
        free(block);
    }
    batch->arena.blocks = NULL;
}
