#include "cmd_new.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static const char starter[] =
    "# %1$s: buys one order for each row of a CSV file.\n"
    "#\n"
    "#   sluice lint %1$s.yaml     checks it\n"
    "#   sluice test %1$s.yaml     runs the tests at its end; nothing is sent, nobody's account is asked\n"
    "#   sluice plan %1$s.yaml     says what it would order and cost; spends nothing\n"
    "#   sluice run %1$s.yaml      asks, then orders\n"
    "#\n"
    "# The account is taken from GSM_FUSION_BASE_URL, GSM_FUSION_USERNAME and GSM_FUSION_API_KEY, in the\n"
    "# environment or in .env. Every option: sluice plugins show gsm_fusion, man sluice-pipeline.\n"
    "name: %1$s\n"
    "\n"
    "# Where records come from: one row, one record. The column with the IMEI may be called \"IMEI\", \"imei "
    "no.\", …\n"
    "source:\n"
    "  csv:\n"
    "    path: \"${IMEI_CSV:-imeis.csv}\"       # --set IMEI_CSV=mine.csv takes another file\n"
    "\n"
    "# What is done with each record, in this order. One that spends comes last.\n"
    "actions:\n"
    "  - imei: {}                            # repairs what is certain, refuses the rest\n"
    "  - gsm_fusion.place:\n"
    "      service_id: \"${SERVICE_ID:-1739}\" # what to buy; sluice services gsm_fusion lists them\n"
    "\n"
    "# Where orders are kept: Supabase when SUPABASE_URL is set, else imei_orders.db.\n"
    "sinks:\n"
    "  - orders: {}\n"
    "\n"
    "# Where rows go that can't be ordered, each with the reason.\n"
    "on_reject:\n"
    "  - csv: {path: rejected.csv}\n"
    "\n"
    "# What may be spent at most. Nothing is ever bought twice, however often this runs.\n"
    "spend:\n"
    "  max_price: 0.50                       # one order\n"
    "  max_run: 5.00                         # one run\n"
    "  # max_day: 50.00                      # a day's runs on this account\n"
    "  # reserve: 10.00                      # leave this much on the account\n"
    "\n"
    "# When `sluice serve` runs it; without it, once at the start.\n"
    "# trigger: {every: 5m}\n"
    "\n"
    "# What `sluice test` runs: records in place of the source's, the plugin's own sandbox in place of the "
    "provider.\n"
    "tests:\n"
    "  - name: each IMEI is bought once, and a mistyped one is refused\n"
    "    input:\n"
    "      - {imei: \"001001001234563\"}\n"
    "      - {imei: \"001001001234563\"}\n"
    "      - {imei: \"001001001234564\"}\n"
    "    expect:\n"
    "      exit: 10                            # some records were rejected\n"
    "      placed: 1\n"
    "      duplicate: 1\n"
    "      spend: 0.08\n"
    "      rejects: [{imei: \"001001001234564\", _code: check_digit}]\n";

static bool good_name(const char *name) {
    size_t length = strlen(name);
    bool good = length > 0 && length <= 64 && name[0] != '.' && name[0] != '-';
    for (; *name && good; name++)
        good = isalnum((unsigned char)*name) || strchr("_-.", *name);
    return good;
}

/* A file that is there stays as it is. */
static int write_new(const char *path, const char *name, sluice_error *error) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return fail(error, SLUICE_E_CANTCREAT, "%s: %s%s", path, strerror(why),
                    why == EEXIST ? "; take another name, or remove it" : "");
    }
    bool written = fprintf(out, starter, name) > 0;
    if (fclose(out) == 0 && written)
        return 0;
    int failed = fail(error, SLUICE_E_IO, "%s: can't be written: %s", path, strerror(errno));
    unlink(path);
    return failed;
}

int new_pipeline(struct program *program, const char *name) {
    char path[80];
    size_t length = strlen(name);
    char stem[80];
    if (length > 5 && length < sizeof stem && strcmp(name + length - 5, ".yaml") == 0) {
        snprintf(stem, sizeof stem, "%.*s", (int)length - 5, name);
        name = stem;
    }
    if (!good_name(name))
        return fail(&program->error, SLUICE_E_USAGE,
                    "'%.60s' is no name for a pipeline: 1 to 64 letters, digits, '_', '-' or '.'; write "
                    "`sluice new pipeline place-orders`",
                    name);
    snprintf(path, sizeof path, "%s.yaml", name);
    int failed = write_new(path, name, &program->error);
    if (!failed && !program->quiet)
        printf("%s is a pipeline that works: read it, change it, then `sluice lint %s`\n", path, path);
    return failed;
}

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    const char *what = arguments->operand_count == 2 ? arguments->operands[0] : "";
    const char *kind = arguments_value(arguments, "kind");
    if (strcmp(what, "pipeline") == 0 && !kind)
        return new_pipeline(program, arguments->operands[1]);
    if (strcmp(what, "plugin") == 0)
        return new_plugin(program, arguments->operands[1], kind ? kind : "provider");
    return fail(&program->error, SLUICE_E_USAGE,
                "write `sluice new pipeline NAME` or `sluice new plugin NAME --kind provider`");
}

static const struct flag flags[] = {
    {"kind", 0, "provider|source|action|sink", "what the plugin is (default: provider)", false},
    {0},
};

const struct command cmd_new = {
    .name = "new",
    .usage = "pipeline NAME | plugin NAME [--kind provider|source|action|sink]",
    .summary = "begin a pipeline or a plugin with one that works, and says what is what",
    .about =
        "pipeline writes NAME.yaml in the working directory: a pipeline with comments, which passes lint and "
        "places "
        "orders as it is. A file that is there already is never touched.\n\n"
        "plugin writes a folder NAME: a plugin in C that builds with meson, or with one line of cc "
        "(README.md in it), "
        "with a sample pipeline and tests; that of a provider has a sandbox and recorded replies, too. It "
        "needs what "
        "`make install` puts in place, and nothing of sluice's sources.",
    .flags = flags,
    .run = run,
};
