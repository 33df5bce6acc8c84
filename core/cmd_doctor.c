#include "cmd_doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "command.h"
#include "log.h"
#include "printable.h"
#include "text.h"

/* ---- telling ------------------------------------------------------------------------------------ */

static void tell(struct doctor *doctor, bool fine, const char *what, const char *remedy, const char *text) {
    if (doctor->as_json) {
        json_open(&doctor->json, '{');
        json_key(&doctor->json, "check");
        json_string(&doctor->json, what);
        json_key(&doctor->json, "ok");
        json_bool(&doctor->json, fine);
        json_key(&doctor->json, "text");
        json_string(&doctor->json, text);
        json_key(&doctor->json, "remedy");
        json_text(&doctor->json, remedy ? text_of(remedy) : (sluice_text){NULL, 0});
        json_close(&doctor->json, '}');
        return;
    }
    printf("%s  %s: ", fine ? "ok   " : "wrong", what);
    printable_put(stdout, text_of(text));
    if (remedy)
        printf("\n       %s", remedy);
    putchar('\n');
    fflush(stdout); /* the next check may take long */
}

void doctor_fine(struct doctor *doctor, const char *what, const char *format, ...) {
    char text[1000];
    va_list rest;
    va_start(rest, format);
    vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    tell(doctor, true, what, NULL, text);
}

void doctor_wrong(struct doctor *doctor, const char *what, const char *remedy, const char *format, ...) {
    char text[1000];
    va_list rest;
    va_start(rest, format);
    vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    doctor->wrong++;
    tell(doctor, false, what, remedy, text);
}

/* ---- the command -------------------------------------------------------------------------------- */

static void look(struct doctor *doctor, const char *dir) {
    const struct arguments *arguments = &doctor->program->arguments;
    doctor_libraries(doctor);
    doctor_state(doctor, dir);
    doctor_ledger(doctor, dir, NULL);
    for (size_t i = 0; i < arguments->operand_count; i++)
        doctor_pipeline(doctor, dir, arguments->operands[i]);
}

static int finish(struct doctor *doctor) {
    if (doctor->as_json) {
        json_close(&doctor->json, ']');
        json_close(&doctor->json, '}');
        if (doctor->json.failed)
            return fail_memory(&doctor->program->error);
        puts(doctor->json.text);
    } else {
        printf(doctor->wrong ? "%u to look at\n" : "nothing is wrong\n", doctor->wrong);
    }
    return doctor->wrong ? 1 : 0;
}

static int run(struct program *program) {
    struct doctor doctor = {.program = program, .as_json = arguments_has(&program->arguments, "json")};
    const char *dir = program_state_dir(program);
    if (!dir || !program_vars(program) || !program_registry(program))
        return program->error.code;
    json_open(&doctor.json, '{');
    json_key(&doctor.json, "checks");
    json_open(&doctor.json, '[');
    look(&doctor, dir);
    int result = finish(&doctor);
    json_free(&doctor.json);
    return result;
}

static const struct flag flags[] = {
    {"set", 0, "NAME=VALUE", "give ${NAME} in the files a value", true},
    {"json", 0, NULL, "one JSON object on standard output", false},
    {0},
};

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "[FILE…] [--set NAME=VALUE]… [--json]",
    .summary = "look for what would go wrong, and say what to do about it",
    .about = "Looks at the libraries that plugins need, at the state directory (rights, room, whether what "
             "is written "
             "stays written and how fast) and at the ledger; and for each pipeline that is named at the "
             "file, at the "
             "provider by a free call, at this machine's clock against the provider's, and at the store.\n\n"
             "It orders nothing and makes nothing: what isn't there yet is left to the first run.\n\n"
             "Exit codes: 0 nothing is wrong, 1 findings.",
    .flags = flags,
    .run = run,
};
