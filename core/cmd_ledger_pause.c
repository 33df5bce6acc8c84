#include "cmd_ledger_pause.h"

#include "cmd_ledger_site.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "ledger.h"
#include "person.h"
#include "printable.h"
#include "text.h"

static void print_json(const struct pause *pause) {
    struct json json = {0};
    char since[CLOCK_TEXT];
    bool paused = pause->since_ms != 0;
    json_open(&json, '{');
    json_key(&json, "paused");
    json_bool(&json, paused);
    json_key(&json, "since");
    json_string(&json, paused ? clock_format(pause->since_ms, since) : NULL);
    json_key(&json, "who");
    json_string(&json, paused ? pause->who : NULL);
    json_key(&json, "reason");
    json_string(&json, paused ? pause->reason : NULL);
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}

static void print(struct program *program, const struct pause *pause, bool was_paused) {
    char text[PAUSE_TEXT];
    if (arguments_has(&program->arguments, "json")) {
        print_json(pause);
    } else if (pause->since_ms) {
        printable_put(stdout, text_of(pause_text(pause, text)));
        printf("; runs under way end with 12, and none orders before 'sluice ledger resume'\n");
    } else {
        printf(was_paused ? "resumed: runs order again\n" : "the ledger wasn't paused\n");
    }
}

/* A ledger that is made here, in a directory whose name is mistyped, would stop no run. */
static int open_existing(struct program *program, struct ledger **out) {
    int failed = ledger_site_open(program, LEDGER_READ_ONLY, out);
    if (failed)
        return failed;
    ledger_close(*out);
    *out = NULL;
    return ledger_site_open(program, 0, out);
}

int cmd_ledger_pause(struct program *program, const char *verb) {
    const char *reason = arguments_value(&program->arguments, "reason");
    bool pauses = strcmp(verb, "pause") == 0;
    struct ledger *ledger = NULL;
    struct pause before = {0}, after = {0};
    if (program->arguments.operand_count != 1)
        return fail(&program->error, SLUICE_E_USAGE, "'ledger %s' takes no operand", verb);
    int failed = open_existing(program, &ledger);
    if (!failed)
        failed = ledger_paused(ledger, &before, &program->error);
    if (!failed && pauses) /* again, without a word: what was said stands */
        failed = ledger_pause(ledger, person_name(), reason ? reason : before.reason, &program->error);
    else if (!failed && before.since_ms)
        failed = ledger_resume(ledger, &program->error);
    if (!failed)
        failed = ledger_paused(ledger, &after, &program->error);
    if (!failed)
        print(program, &after, before.since_ms != 0);
    ledger_close(ledger);
    return failed;
}
