#include "cmd_store.h"

#include <string.h>

#include "command.h"

static const struct flag flags[] = {
    {"file", 'f', "FILE", "init, check: the store that this pipeline writes to", false},
    {"print", 0, NULL, "init: show the statements, to be run by hand, and change nothing", false},
    {"json", 0, NULL, "check, init: one JSON object on standard output", false},
    {0},
};

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    const char *verb = arguments->operand_count ? arguments->operands[0] : NULL;
    const char *name = arguments->operand_count > 1 ? arguments->operands[1] : NULL;
    bool init = verb && strcmp(verb, "init") == 0;
    if (!verb)
        return fail(&program->error, SLUICE_E_USAGE,
                    "'store' needs to know what to do: store init, store check, or store copy FROM TO");
    if (init || strcmp(verb, "check") == 0) {
        if (arguments->operand_count > 2)
            return fail(&program->error, SLUICE_E_USAGE, "'store %s' takes one store, not %zu", verb,
                        arguments->operand_count - 1);
        if (name && arguments_has(arguments, "file"))
            return fail(&program->error, SLUICE_E_USAGE, "'%s' and --file both name a store; leave one out",
                        name);
        return init ? store_init(program, name) : store_check(program, name);
    }
    if (strcmp(verb, "copy") != 0)
        return fail(&program->error, SLUICE_E_USAGE, "there is no 'store %s'; there are init, check and copy",
                    verb);
    if (arguments->operand_count != 3)
        return fail(&program->error, SLUICE_E_USAGE,
                    "'store copy' takes FROM and TO: each is a SQLite file, sqlite or supabase");
    return store_copy(program, name, arguments->operands[2]);
}

const struct command cmd_store = {
    .name = "store",
    .usage = "init [STORE] [--print] | check [STORE] [--json] | copy FROM TO",
    .summary = "make, check or copy a store of orders",
    .about =
        "init makes the tables that a store of orders needs, or completes them: columns, keys, indexes and, "
        "in "
        "Supabase, row-level security and grants. A table of an older system is used as it is; only what is "
        "missing is added, and nothing is dropped. --print shows the SQL instead, to be run in the dashboard "
        "where only a key is at hand.\n\n"
        "check changes nothing. It names everything that is missing or wrong and what to do about it, and "
        "exits with 1 then.\n\n"
        "STORE is the path of a SQLite file, or sqlite (the file imei_orders.db), or supabase (SUPABASE_URL, "
        "or "
        "SUPABASE_DB_URL, from the environment), or postgresql://… for one database. Without it: supabase "
        "when "
        "SUPABASE_URL is set, else sqlite.\n\n"
        "copy takes every order of FROM into TO, and then compares: each order of FROM must be in TO with "
        "all "
        "of its values. FROM and TO are the path of a SQLite file, or sqlite (the file imei_orders.db), or "
        "supabase (SUPABASE_URL and its key from the environment). A file of an older system is read as it "
        "is.\n\n"
        "Nothing is taken away: an order that TO has keeps what it knows, a final status stays. The same "
        "copy "
        "again changes nothing, and after one that was stopped it goes on. import_history in TO says what "
        "came "
        "of it.",
    .flags = flags,
    .run = run,
};
