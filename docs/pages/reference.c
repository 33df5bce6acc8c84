/* reference.c - writes docs/reference and the manual pages from the tables that the program itself works by.
 *
 *     reference md|man1|man5|man7 DIR PLUGIN-DIR */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias.h"
#include "command.h"
#include "component.h"
#include "component_name.h"
#include "descriptor.h"
#include "error.h"
#include "grammar.h"
#include "option_facts.h"
#include "page.h"
#include "rehearsal.h"
#include "sections.h"

struct book {
    const char *dir;
    bool man;
    struct registry *registry;
    const char *const *names; /* of the plugins */
    size_t count;
};

/* ---- commands ----------------------------------------------------------------------------------- */

static void put_flags(struct page *page, const struct flag *flags) {
    char term[120];
    for (; flags && flags->name; flags++) {
        char letter[8] = "";
        if (flags->letter)
            snprintf(letter, sizeof letter, "-%c, ", flags->letter);
        snprintf(term, sizeof term, "%s--%s%s%s", letter, flags->name, flags->value ? " " : "",
                 flags->value ? flags->value : "");
        page_item(page, term, flags->many ? "any number of times" : NULL, flags->help, NULL);
    }
}

static void put_command(const struct book *book, const struct command *command) {
    char name[80], usage[600];
    snprintf(name, sizeof name, "sluice-%s", command->name);
    snprintf(usage, sizeof usage, "sluice %s%s%s", command->name, *command->usage ? " " : "", command->usage);
    struct page page = page_begin(book->dir, book->man, name, "1", command->summary);
    page_heading(&page, "Synopsis");
    page_code(&page, usage);
    page_heading(&page, "Description");
    page_text(&page, command->about);
    if (command->flags) {
        page_heading(&page, "Options");
        put_flags(&page, command->flags);
    }
    page_heading(&page, "See also");
    page_link(&page, "sluice", "1", "sluice", "the options of every command");
    page_link(&page, "sluice-pipeline", "5", "sluice-pipeline", "pipeline files");
    page_end(&page);
}

static void put_overview(const struct book *book) {
    char name[80], file[80];
    struct page page = page_begin(book->dir, book->man, "sluice", "1", "run pipelines of records, and place paid orders");
    page_heading(&page, "Synopsis");
    page_code(&page, "sluice [OPTION]… COMMAND [ARGUMENT]…");
    page_heading(&page, "Description");
    page_text(&page, "sluice runs pipelines of records: a source, actions, sinks. It is made for records that cost "
                     "money: each order is paid once, and none is lost.");
    page_heading(&page, "Commands");
    for (size_t i = 0; commands[i]; i++) {
        snprintf(name, sizeof name, "sluice-%s", commands[i]->name);
        page_link(&page, name, "1", name, commands[i]->summary);
    }
    page_heading(&page, "Options");
    put_flags(&page, program_flags);
    page_heading(&page, "Environment");
    page_text(&page, "Each of these options can be set in the environment: --state-dir is SLUICE_STATE_DIR.");
    page_heading(&page, "See also");
    page_link(&page, "sluice-pipeline", "5", "sluice-pipeline", "pipeline files");
    for (size_t i = 0; i < book->count; i++) {
        snprintf(file, sizeof file, "sluice-%s", book->names[i]);
        page_link(&page, file, "7", file,
                  registry_plugin(book->registry, book->names[i], NULL)->descriptor.summary);
    }
    page_end(&page);
}

/* ---- pipelines and plugins ---------------------------------------------------------------------- */

static void put_options(struct page *page, const sluice_option *rows, size_t count) {
    char facts[600];
    for (size_t i = 0; i < count; i++) {
        option_facts(&rows[i], facts, sizeof facts);
        page_item(page, rows[i].name, facts, rows[i].help, rows[i].example);
    }
}

/* What `sluice test` runs. */
static void put_tests(struct page *page) {
    for (const struct rehearsal_part *part = rehearsal_parts; part->name; part++) {
        page_heading(page, part->name);
        page_text(page, part->about);
        put_options(page, part->rows, part->row_count);
        for (const struct word *word = part->words; word->name; word++)
            page_item(page, word->name, NULL, word->help, NULL);
    }
}

static void put_pipeline(const struct book *book) {
    struct page page = page_begin(book->dir, book->man, "sluice-pipeline", "5", "pipeline files of sluice");
    page_heading(&page, "Description");
    page_text(&page,
              "A pipeline is one YAML file. A component is a map of one key, its name, with its options below it. "
              "${NAME}, ${NAME:-default} and ${NAME:?message} are put into values: from --set, the environment, "
              ".env and the file's own vars, the first that is there. `sluice lint` checks a file.");
    page_heading(&page, "Keys");
    for (const struct word *word = grammar_keys; word->name; word++)
        page_item(&page, word->name, NULL, word->help, NULL);
    page_item(&page, "x-…", NULL, "ignored: a place for anchors and notes", NULL);
    for (const struct section *section = sections; section->name; section++) {
        page_heading(&page, section->name);
        put_options(&page, section->rows, section->row_count);
    }
    put_tests(&page);
    page_heading(&page, "Options of every component");
    for (const struct word *word = grammar_common; word->name; word++)
        if (strcmp(word->name, "store") != 0)
            page_item(&page, word->name, strcmp(word->name, "limits") == 0 ? "of what talks to a service" : "actions and sinks",
                      word->help, NULL);
    page_heading(&page, "limits");
    put_options(&page, component_limits, component_limit_count);
    page_heading(&page, ALIAS_ORDERS);
    page_text(&page, alias_summary);
    page_text(&page, alias_about);
    page_end(&page);
}

static void put_fields(struct page *page, const char *title, const char *const *fields) {
    char text[1200];
    size_t used = (size_t)snprintf(text, sizeof text, "%s: ", title);
    for (size_t i = 0; fields && fields[i] && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", fields[i]);
    if (fields && fields[0])
        page_text(page, text);
}

static void put_component(struct page *page, const struct plugin *plugin, const sluice_component *component) {
    char name[COMPONENT_NAME_ROOM], title[COMPONENT_NAME_ROOM + 40];
    component_name(plugin->name, component->name, name);
    snprintf(title, sizeof title, "%s (%s%s)", name, descriptor_kind_name(component->kind),
             component->flags & SLUICE_SPENDS      ? " that spends money"
             : component->flags & SLUICE_MAY_SPEND ? " that may spend money"
                                                   : "");
    page_heading(page, title);
    page_text(page, component->summary);
    if (component->about)
        page_text(page, component->about);
    put_fields(page, "Reads", component->reads);
    put_fields(page, "Adds", component->adds);
    put_fields(page, "Faults of its own", descriptor_faults(component));
    if (component->option_count)
        page_subheading(page, "Options");
    put_options(page, component->options, component->option_count);
    if (component->flags & SLUICE_PUSH)
        page_item(page, "store", NULL, alias_shown, NULL);
}

static void put_plugin(const struct book *book, const char *name) {
    char file[80];
    const struct plugin *plugin = registry_plugin(book->registry, name, NULL);
    snprintf(file, sizeof file, "sluice-%s", name);
    struct page page = page_begin(book->dir, book->man, file, "7", plugin->descriptor.summary);
    for (size_t i = 0; i < plugin->component_count; i++)
        put_component(&page, plugin, &plugin->components[i]);
    page_heading(&page, "See also");
    page_link(&page, "sluice-pipeline", "5", "sluice-pipeline", "pipeline files, and the options of every component");
    page_end(&page);
}

static void find_plugins(struct book *book) {
    book->count = registry_names(book->registry, &book->names);
    for (size_t i = 0; i < book->count; i++) {
        sluice_error error = ERROR_INIT;
        if (registry_plugin(book->registry, book->names[i], &error))
            continue;
        fprintf(stderr, "reference: %s\n", error.text);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("reference: write: reference md|man1|man5|man7 DIR PLUGIN-DIR\n", stderr);
        return 64;
    }
    const char *form = argv[1];
    bool all = strcmp(form, "md") == 0;
    struct book book = {.dir = argv[2], .man = !all, .registry = registry_new(argv[3])};
    if (!book.registry || (mkdir(book.dir, 0777) != 0 && access(book.dir, W_OK) != 0)) {
        perror(book.dir);
        return 1;
    }
    find_plugins(&book);
    if (all || strcmp(form, "man1") == 0) {
        put_overview(&book);
        for (size_t i = 0; commands[i]; i++)
            put_command(&book, commands[i]);
    }
    if (all || strcmp(form, "man5") == 0)
        put_pipeline(&book);
    for (size_t i = 0; (all || strcmp(form, "man7") == 0) && i < book.count; i++)
        put_plugin(&book, book.names[i]);
    registry_free(book.registry);
    return 0;
}
