/* cmd_ledger_desk.h - what `ledger settle` and `ledger resolve` share: the ledger, in which they are a run of
 * their own, and the provider that they ask. */
#ifndef CORE_CMD_LEDGER_DESK_H
#define CORE_CMD_LEDGER_DESK_H

#include "catalogue.h"
#include "ledger_settle.h"
#include "program.h"
#include "provider.h"

struct desk {
    struct program *program;
    struct ledger *ledger;
    int64_t run;
    struct provider provider;
    struct catalogue catalogue;
    sluice_text name, account; /* the provider's, once it is open */
    bool opened;               /* the provider */
};

/* Open the ledger, and close the runs that died. `verb` names the run. */
int desk_open(struct desk *desk, struct program *program, const char *verb);
/* That ledger. */
int desk_open_at(struct desk *desk, struct program *program, const struct ledger_site *site,
                 const char *verb);
/* The provider of a pipeline's action that spends, or else that plugin with the environment's options; and
 * its catalogue. Positive: an exit code, what is wrong was printed. */
int desk_open_provider(struct desk *desk, const char *plugin, const char *file);
/* That of an action that spends, of a pipeline that is open already. `stop`: when to give up; NULL: never. */
int desk_open_component(struct desk *desk, const struct component *component, atomic_bool *stop);
void desk_close_provider(struct desk *desk);
/* The exit code, which is that of the run; or the negative failure `result`. */
int desk_close(struct desk *desk, int result);

int cmd_ledger_settle(struct program *program);
int cmd_ledger_resolve(struct program *program);

#endif
