/* sheet_parts.h - how a sheet is filled, for those who fill one. */
#ifndef FORM_SHEET_PARTS_H
#define FORM_SHEET_PARTS_H

#include "sheet.h"

/* Lives as long as the sheet; NULL: there is none. */
void *sheet_memory(sluice_arena *arena, uint64_t bytes);
int sheet_no_memory(const sluice_host *host, sluice_error *error);
/* ptr == NULL: it was null, or there is no memory. */
sluice_text sheet_copy(struct sheet *sheet, sluice_text text);
/* Once. Names are copied. */
int sheet_columns(struct sheet *sheet, const sluice_text *names, uint32_t count, sluice_error *error);
/* For one more row. */
int sheet_room(struct sheet *sheet, sluice_error *error);

#endif
