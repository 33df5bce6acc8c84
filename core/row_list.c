#include "row_list.h"

#include <string.h>

#include "text.h"

bool row_list_add(struct row_list *list, sluice_arena *arena, struct row row) {
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        struct row *items = arena_array(arena, room, sizeof *items);
        if (!items)
            return false;
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    if (!row.number)
        row.number = list->count + 1;
    list->items[list->count++] = row;
    return true;
}

bool row_list_take(struct row_list *list, sluice_arena *arena, const sluice_batch *batch, uint32_t row) {
    struct row_cell *cells = arena_array(arena, batch->column_count + 1, sizeof *cells);
    size_t count = 0;
    for (uint32_t c = 0; cells && c < batch->column_count; c++) {
        sluice_text value = batch->cells[c][row];
        if (!value.ptr)
            continue;
        cells[count] = (struct row_cell){arena_copy(arena, batch->names[c]), arena_copy(arena, value)};
        if (!cells[count].name.ptr || !cells[count].value.ptr)
            return false;
        count++;
    }
    return cells && row_list_add(list, arena, (struct row){cells, count, batch->numbers[row]});
}

sluice_text row_value(const struct row *row, sluice_text name) {
    for (size_t i = 0; i < row->count; i++)
        if (text_equal(row->cells[i].name, name))
            return row->cells[i].value;
    return (sluice_text){NULL, 0};
}

static bool has(const sluice_text *names, size_t count, sluice_text name) {
    for (size_t i = 0; i < count; i++)
        if (text_equal(names[i], name))
            return true;
    return false;
}

bool row_list_names(const struct row_list *list, sluice_arena *arena, sluice_texts *out) {
    size_t most = 1, count = 0;
    for (size_t i = 0; i < list->count; i++)
        most += list->items[i].count;
    sluice_text *names = arena_array(arena, most, sizeof *names);
    if (!names)
        return false;
    for (size_t i = 0; i < list->count; i++)
        for (size_t c = 0; c < list->items[i].count; c++)
            if (!has(names, count, list->items[i].cells[c].name))
                names[count++] = list->items[i].cells[c].name;
    *out = (sluice_texts){names, count};
    return true;
}
