#include "cmd_store.h"

#include <string.h>

#include "command.h"

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    const char *verb = arguments->operand_count ? arguments->operands[0] : NULL;
    if (!verb)
        return fail(&program->error, SLUICE_E_USAGE, "'store' needs to know what to do: store copy FROM TO");
    if (strcmp(verb, "copy") != 0)
        return fail(&program->error, SLUICE_E_USAGE, "there is no 'store %s'; there is copy", verb);
    if (arguments->operand_count != 3)
        return fail(&program->error, SLUICE_E_USAGE,
                    "'store copy' takes FROM and TO: each is a SQLite file, sqlite or supabase");
    return store_copy(program, arguments->operands[1], arguments->operands[2]);
}

const struct command cmd_store = {
    .name = "store",
    .usage = "copy FROM TO",
    .summary = "copy the orders of one store into another",
    .about =
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
    .run = run,
};
