/* store.h - the store of orders, for the commands that ask it or fill it.
 *
 * Which one it is, is decided as in pipelines: Supabase when SUPABASE_URL is set, else SQLite; or it is the
 * one that a pipeline file writes to. What a store takes and gives are the options and fields of its source
 * and its sink; nothing here knows a database. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include <stdbool.h>

#include "lone.h"

struct store {
    struct pipeline *pipeline; /* with a file; NULL otherwise */
    struct lone part;
};

/* Bind the store's source or sink. `file`: a pipeline, whose first sink that is a store counts, else its
 * source; NULL: the environment decides. Failures as lone_bind. */
int store_bind(struct store *store, struct program *program, uint32_t kind, const char *file,
               const struct lone_option *options, size_t count);
/* The component of a pipeline that its orders are kept by; NULL: there is none. */
const struct component *store_of(const struct pipeline *pipeline);
/* The same, of those that a push source shows: its option `store` goes before. */
const struct component *store_shown_by(const struct pipeline *pipeline);
/* It shows a store that the pipeline doesn't write to, as far as that is known. */
bool store_shows_another(const struct pipeline *pipeline);
extern const char store_shows_another_text[];
/* The store that the source of a pipeline, which is open already, shows. */
int store_bind_of(struct store *store, struct program *program, const struct pipeline *pipeline,
                  uint32_t kind, const struct lone_option *options, size_t count);
/* The store that a person names: "supabase", "sqlite", the address of a Supabase project or of a database, or
 * the path of a SQLite file. */
int store_bind_named(struct store *store, struct program *program, uint32_t kind, const char *name,
                     const struct lone_option *options, size_t count);
/* A bound sink is to fill its table at once while that is empty, or not to. False: it can't. */
bool store_fill_at_once(struct store *store, bool wanted);
/* Do both name the same store? Their components are bound. */
bool store_same(const struct component *a, const struct component *b);
/* The name as it may be shown, in `out`: an address without its password and what stands behind the '?'. */
const char *store_shown(const char *name, char *out, size_t room);
void store_free(struct store *store);

#endif
