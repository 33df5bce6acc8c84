/* bind.h - maps of a pipeline file become config structs, by the rows of options.
 *
 * Variables are put in here, into scalars only; then each text becomes the typed member that its row
 * describes. What is wrong goes to the diag, and binding goes on. */
#ifndef CORE_BIND_H
#define CORE_BIND_H

#include <sluice/option.h>

#include "arena.h"
#include "diag.h"
#include "pipeline.h"
#include "vars.h"
#include "yaml_tree.h"

struct binder {
    const char *file;
    enum pipeline_mode mode;
    struct vars vars;    /* those of the program, and `own` of the file as far as it was read */
    sluice_arena *arena; /* owns what members point to */
    struct diag *diag;
    bool out_of_memory; /* it was said */
    bool literal;       /* no variable is looked up: texts are what they are */
    size_t later;       /* values that aren't known: a variable that isn't set here, a key that was refused */
};

enum bound {
    BOUND_VALUE,
    BOUND_LATER, /* lint: it depends on a variable that isn't set here, which was noted */
    BOUND_WRONG  /* an error was said */
};

/* Something that has options: a component, or a section such as `spend`. */
struct owner {
    const char *title; /* "action 'gsm_fusion.place'", for messages */
    struct mark at;
    const sluice_option *rows;
    size_t row_count;
    const char *const
        *others; /* names in the same map that somebody else binds; NULL-terminated; may be NULL */
};

/* Memory that lives as long as what is bound, zeroed; NULL, which is said once, when there is none. */
void *bind_array(struct binder *binder, size_t count, size_t size);
sluice_text bind_copy(struct binder *binder, sluice_text text);
/* Never NULL: '' when there is no memory, which is said. */
const char *bind_string(struct binder *binder, sluice_text text);

void bind_error(struct binder *binder, struct mark at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text of a scalar with its variables put in; `what` names it in messages ("option 'path'"). */
enum bound bind_text(struct binder *binder, const struct yaml_node *node, const char *what, sluice_text *out);
/* One text, or a list of them. */
enum bound bind_texts(struct binder *binder, const struct yaml_node *node, const char *what,
                      sluice_texts *out);

/* Fill `config`, zeroed by the caller, from a map (NULL: no option is given) and from the defaults. */
void bind_options(struct binder *binder, const struct owner *owner, const struct yaml_node *map,
                  void *config);

#endif
