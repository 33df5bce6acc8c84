/* cell.h - one raw cell becomes its text. Pure but for memory, which comes from the host. */
#ifndef CSV_CELL_H
#define CSV_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/base.h>
#include <sluice/host.h>

/* Take quotes, doubled quotes and the ="…" of a spreadsheet away; the text is rewritten in place.
 * False: text follows a closing quote after a line break inside the quotes. That is how a quote that
 * somebody forgot to close looks, and the rows it swallowed must not be lost. */
bool cell_unquote(sluice_text *cell);

bool cell_is_utf8(sluice_text cell);

/* The cell, which isn't UTF-8, read as Windows-1252; in `arena`. ptr == NULL: no memory. */
sluice_text cell_from_1252(sluice_text cell, const sluice_host *host, sluice_arena *arena);

/* Without spaces and tabs at both ends. */
sluice_text cell_trim(sluice_text cell);

#endif
