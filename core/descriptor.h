/* descriptor.h - what a plugin says about itself, copied into today's structs and checked.
 *
 * A plugin may be older or newer than the program: each of its structs says how large it is, and what
 * it doesn't have reads as zero. */
#ifndef CORE_DESCRIPTOR_H
#define CORE_DESCRIPTOR_H

#include <stdbool.h>

#include <sluice/plugin.h>

#include "arena.h"
#include "error.h"
#include "registry.h"

enum { NAME_MOST = 48 }; /* letters of a plugin's, a component's or an option's name */

/* Letters, digits and '_', a letter first. */
bool descriptor_good_name(const char *name);
/* "source", "action", "sink", "sandbox". */
const char *descriptor_kind_name(uint32_t kind);
/* The faults that a sandbox does itself, NULL-terminated. NULL: any of the common ones, or it is none. */
const char *const *descriptor_faults(const sluice_component *component);

/* Copy and check what the plugin in `path`, found as `name`, handed over; fills in everything of `out`
 * but `next`, `path` and `handle`. SLUICE_E_PLUGIN with a sentence that names the remedy. */
int descriptor_read(const sluice_plugin *theirs, const char *name, const char *path, sluice_arena *arena,
                    struct plugin *out, sluice_error *error);

#endif
