#include "sheet_parts.h"

#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

/* ---- memory ---------------------------------------------------------------------------------- */

struct sheet_block {
    struct sheet_block *next;
    _Alignas(16) char bytes[];
};

void *sheet_memory(sluice_arena *arena, uint64_t bytes) {
    struct sheet_block *block = malloc(sizeof *block + bytes);
    if (!block)
        return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->bytes += bytes;
    return block->bytes;
}

int sheet_no_memory(const sluice_host *host, sluice_error *error) {
    return host->fail(error, SLUICE_E_IO, "out of memory");
}

sluice_text sheet_copy(struct sheet *sheet, sluice_text text) {
    if (!text.ptr)
        return text;
    char *memory = sheet_memory(&sheet->arena, text.len + 1);
    if (!memory)
        return (sluice_text){0};
    memcpy(memory, text.len ? text.ptr : "", text.len);
    return (sluice_text){memory, text.len};
}

/* ---- rows and columns ------------------------------------------------------------------------ */

int sheet_columns(struct sheet *sheet, const sluice_text *names, uint32_t count, sluice_error *error) {
    if (!count || count > SHEET_COLUMNS)
        return sheet->host->fail(error, SLUICE_E_DATA, "there are %u columns; at most %d are taken", count,
                                 SHEET_COLUMNS);
    sheet->names =
        sheet_memory(&sheet->arena, (count + 1) * sizeof *sheet->names); /* one more: the service */
    sheet->cells = calloc(count + 1, sizeof *sheet->cells);
    if (!sheet->names || !sheet->cells)
        return sheet_no_memory(sheet->host, error);
    for (uint32_t c = 0; c < count; c++) {
        sheet->names[c] = sheet_copy(sheet, names[c]);
        if (!sheet->names[c].ptr)
            return sheet_no_memory(sheet->host, error);
    }
    sheet->columns = count;
    return 0;
}

static bool grow(void **array, uint32_t room, size_t size) {
    void *grown = realloc(*array, room * size);
    if (grown)
        *array = grown;
    return grown;
}

int sheet_room(struct sheet *sheet, sluice_error *error) {
    if (sheet->rows < sheet->room)
        return 0;
    uint32_t room = sheet->room ? sheet->room * 2 : 64;
    if ((uint64_t)room * sheet->columns > 2 * (uint64_t)SHEET_CELLS)
        return sheet->host->fail(error, SLUICE_E_DATA,
                                 "that is too much at once (row %u, %u columns); send it in parts",
                                 sheet->rows, sheet->columns);
    bool good = grow((void **)&sheet->numbers, room, sizeof *sheet->numbers) &&
                grow((void **)&sheet->faults, room, sizeof *sheet->faults);
    for (uint32_t c = 0; good && c < sheet->columns; c++)
        good = grow((void **)&sheet->cells[c], room, sizeof *sheet->cells[c]);
    if (!good)
        return sheet_no_memory(sheet->host, error);
    sheet->room = room;
    return 0;
}

int sheet_begin(struct sheet *sheet, const sluice_host *host, const sluice_text *names, uint32_t count,
                sluice_error *error) {
    *sheet = (struct sheet){.host = host};
    return sheet_columns(sheet, names, count, error);
}

int sheet_row(struct sheet *sheet, uint64_t number, const sluice_text *cells, sluice_error *error) {
    int failed = sheet_room(sheet, error);
    for (uint32_t c = 0; !failed && c < sheet->columns; c++) {
        sheet->cells[c][sheet->rows] = sheet_copy(sheet, cells[c]);
        if (cells[c].ptr && !sheet->cells[c][sheet->rows].ptr)
            failed = sheet_no_memory(sheet->host, error);
    }
    if (failed)
        return failed;
    sheet->numbers[sheet->rows] = number;
    sheet->faults[sheet->rows++] = (sluice_text){0};
    return 0;
}

int sheet_column(const struct sheet *sheet, const char *name) {
    for (uint32_t c = 0; c < sheet->columns; c++)
        if (text_is(sheet->names[c], name))
            return (int)c;
    return -1;
}

int sheet_service(struct sheet *sheet, sluice_text service, sluice_error *error) {
    int column = sheet_column(sheet, "service_id");
    sluice_text kept = sheet_copy(sheet, service);
    if (!kept.ptr)
        return sheet_no_memory(sheet->host, error);
    if (column < 0) {
        column = (int)sheet->columns;
        sheet->cells[column] = calloc(sheet->room ? sheet->room : 1, sizeof **sheet->cells);
        if (!sheet->cells[column])
            return sheet_no_memory(sheet->host, error);
        sheet->names[sheet->columns++] = TEXT("service_id");
    }
    for (uint32_t r = 0; r < sheet->rows; r++)
        if (!text_trim(sheet->cells[column][r]).len)
            sheet->cells[column][r] = kept;
    return 0;
}

int sheet_end(struct sheet *sheet, sluice_error *error) {
    sheet->good = calloc(sheet->rows ? sheet->rows : 1, sizeof *sheet->good);
    if (!sheet->good)
        return sheet_no_memory(sheet->host, error);
    for (uint32_t r = 0; r < sheet->rows; r++)
        if (!sheet->faults[r].ptr)
            sheet->good[sheet->good_count++] = r;
    return 0;
}

sluice_batch sheet_batch(const struct sheet *sheet) {
    return (sluice_batch){.size = sizeof(sluice_batch),
                          .column_count = sheet->columns,
                          .row_count = sheet->rows,
                          .selected = sheet->good_count,
                          .selection = sheet->good,
                          .names = sheet->names,
                          .cells = (const sluice_text *const *)sheet->cells,
                          .numbers = sheet->numbers,
                          .file = sheet->file};
}

void sheet_free(struct sheet *sheet) {
    for (uint32_t c = 0; sheet->cells && c < sheet->columns; c++)
        free(sheet->cells[c]);
    free(sheet->cells);
    free(sheet->numbers);
    free(sheet->faults);
    free(sheet->good);
    for (struct sheet_block *block = sheet->arena.blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *sheet = (struct sheet){0};
}
