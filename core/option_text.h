/* option_text.h - a component's options from words such as "list=10": where there is no pipeline file. Pure.
 */
#ifndef CORE_OPTION_TEXT_H
#define CORE_OPTION_TEXT_H

#include <sluice/plugin.h>

#include "arena.h"
#include "error.h"

/* Defaults as they stand. One with ${…} is left out: what is set must not depend on where it runs. */
int option_text_defaults(const sluice_component *type, void *config, sluice_arena *arena,
                         sluice_error *error);
/* "name=value"; a list takes the same name again, a map "name.key=value". CONFIG with a sentence. */
int option_text_set(const sluice_component *type, const char *assignment, void *config, sluice_arena *arena,
                    sluice_error *error);

#endif
