#include "cmd_test.h"

#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "flag_value.h"

enum { JOBS_MOST = 64 };

static int read_jobs(struct program *program, unsigned *out) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t jobs;
    int failed = flag_number(program, "jobs", &jobs);
    if (jobs == 0)
        jobs = processors > 0 ? processors : 1;
    *out = jobs < JOBS_MOST ? (unsigned)jobs : JOBS_MOST;
    return failed;
}

/* No test depends on where it is run: lint would take a store or an address from there, too. */
static bool forget_environment(void) {
    static const char *const kept[] = {"PATH", "TMPDIR"};
    char values[2][4096];
    bool given[2];
    for (size_t i = 0; i < 2; i++) {
        const char *value = getenv(kept[i]);
        given[i] = value != NULL;
        snprintf(values[i], sizeof values[i], "%s", value ? value : "");
    }
    bool good = clearenv() == 0;
    for (size_t i = 0; good && i < 2; i++)
        good = !given[i] || setenv(kept[i], values[i], 1) == 0;
    return good;
}

static int find_all(struct test_suite *suite) {
    const struct arguments *arguments = &suite->program->arguments;
    int failed = 0;
    if (!program_registry(suite->program)) /* it looks at the environment */
        return suite->program->error.code;
    if (!forget_environment())
        return fail_memory(&suite->program->error);
    for (size_t i = 0; !failed && i < arguments->operand_count; i++)
        failed = test_find(suite, arguments->operands[i]);
    if (!failed && !suite->count && suite->only)
        failed =
            fail(&suite->program->error, SLUICE_E_USAGE, "--only: no test has '%s' in its name", suite->only);
    return failed;
}

static void say_nothing(struct test_suite *suite, size_t index) {
    (void)suite, (void)index;
}

static int play_all(struct test_suite *suite) {
    struct program *program = suite->program;
    const char *junit = arguments_value(&program->arguments, "junit");
    bool json = arguments_has(&program->arguments, "json");
    unsigned jobs;
    int failed = read_jobs(program, &jobs);
    if (!failed)
        failed = find_all(suite);
    if (!failed)
        failed = test_play_all(suite, jobs, json ? say_nothing : test_report_one, &program->error);
    if (failed)
        return failed;
    if (json)
        test_report_json(suite);
    else
        test_report_sum(suite);
    if (junit && (failed = test_report_junit(suite, junit, &program->error)))
        return failed;
    if (suite->exit_code)
        return suite->exit_code;
    return test_failures(suite) || !suite->count; /* nothing was shown where there is no test */
}

static int run(struct program *program) {
    struct test_suite suite = {.program = program, .only = arguments_value(&program->arguments, "only")};
    if (program->arguments.operand_count == 0)
        return fail(&program->error, SLUICE_E_USAGE,
                    "test needs a FILE or a directory: `sluice test place.yaml`");
    int result = play_all(&suite);
    for (size_t i = 0; i < suite.pipeline_count; i++)
        pipeline_free(suite.pipelines[i]);
    free(suite.pipelines);
    free(suite.entries);
    arena_free(&suite.arena);
    return result;
}

static const struct flag flags[] = {
    {"only", 0, "TEXT", "run the tests with TEXT in their name", false},
    {"jobs", 'j', "N", "run so many at once (default: one a processor)", false},
    {"junit", 0, "FILE", "write the results to FILE, too, as JUnit XML", false},
    {"json", 0, NULL, "the results as one JSON object on standard output", false},
    {0},
};

const struct command cmd_test = {
    .name = "test",
    .usage = "FILE… [--only TEXT] [--jobs N] [--junit FILE] [--json]",
    .summary = "run the tests of pipeline files, without a network",
    .about =
        "Runs what stands under `tests:` in pipeline files; in a directory those of all its .yaml files. A "
        "test "
        "is a true run, with a ledger and all that belongs to it, on made-up input: the plugin's own sandbox "
        "answers in place of the provider, in the same process, or the replies that the test writes down. "
        "What "
        "came of it is compared with what the test expects: orders, requests, money, rejected records, the "
        "exit "
        "code; what differs is shown.\n\n"
        "Nothing of yours is touched, and nothing is sent. Each test is a process of its own that can't open "
        "a "
        "connection, with an empty environment, and a directory that is removed at its end: the ledger is "
        "there, "
        "sinks keep their records in memory. An identifier that is charged twice fails any test.\n\n"
        "Exit codes: 0 all passed, 1 some failed, a file is wrong, or there are no tests, 64 no test has "
        "such a "
        "name, 66 a file is missing, 73 the report can't be written, 75 stopped by a signal, 76 a plugin was "
        "refused.",
    .flags = flags,
    .run = run,
};
