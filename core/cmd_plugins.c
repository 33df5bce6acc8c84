#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "cmd_plugins.h"
#include "command.h"
#include "component_name.h"
#include "descriptor.h"
#include "layout.h"
#include "option_facts.h"
#include "text.h"

/* ---- list ------------------------------------------------------------------------------------- */

static void list_component(const struct plugin *plugin, const sluice_component *component) {
    char name[COMPONENT_NAME_ROOM], left[160], right[600];
    component_name(plugin->name, component->name, name);
    snprintf(left, sizeof left, "%-7s  %s", descriptor_kind_name(component->kind), name);
    snprintf(right, sizeof right, "%s%s", component->summary,
             component->flags & SLUICE_SPENDS      ? " (spends)"
             : component->flags & SLUICE_MAY_SPEND ? " (may spend)"
                                                   : "");
    layout_row(stdout, left, 28, right);
}

static void list_plugin(struct registry *registry, const char *name) {
    sluice_error error = ERROR_INIT;
    struct plugin *plugin =
        registry_probe(registry, name, &error) ? registry_plugin(registry, name, &error) : NULL;
    if (!plugin) {
        printf("%s\n", name);
        layout_row(stdout, "refused", 28, error.text);
        return;
    }
    printf("%s %s: %s\n", plugin->name, plugin->descriptor.version, plugin->descriptor.summary);
    for (size_t i = 0; i < plugin->component_count; i++)
        list_component(plugin, &plugin->components[i]);
}

static int list(struct registry *registry) {
    const char *const *names;
    size_t count = registry_names(registry, &names);
    for (size_t i = 0; i < count; i++)
        list_plugin(registry, names[i]);
    puts("built in");
    layout_row(stdout, "source   " ALIAS_ORDERS, 28, alias_summary);
    layout_row(stdout, "sink     " ALIAS_ORDERS, 28, alias_summary);
    return 0;
}

/* ---- show ------------------------------------------------------------------------------------- */

static size_t append(char *out, size_t used, size_t room, const char *before, const char *text) {
    int n = used < room && text ? snprintf(out + used, room - used, "%s%s", before, text) : 0;
    return used + (n > 0 ? (size_t)n : 0);
}

static void show_option(const sluice_option *row, int width) {
    char facts[600], text[1600];
    option_facts(row, facts, sizeof facts);
    snprintf(text, sizeof text, "%s\n%s%s%s", facts, row->help ? row->help : "",
             row->example ? "\nexample: " : "", row->example ? row->example : "");
    layout_row(stdout, row->name, width, text);
}

static void show_fields(const char *title, const char *const *fields) {
    char text[1000] = "";
    size_t used = 0;
    for (size_t i = 0; fields && fields[i]; i++)
        used = append(text, used, sizeof text, i ? ", " : "", fields[i]);
    if (used) {
        printf("%s: ", title);
        layout_wrap(stdout, text, 2, (int)strlen(title) + 2);
    }
}

static void show_component(const struct plugin *plugin, const sluice_component *component) {
    char name[COMPONENT_NAME_ROOM];
    int width = 0;
    component_name(plugin->name, component->name, name);
    printf("\n%s: %s%s\n", name, descriptor_kind_name(component->kind),
           component->flags & SLUICE_SPENDS      ? " that spends money"
           : component->flags & SLUICE_MAY_SPEND ? " that may spend money"
                                                 : "");
    layout_wrap(stdout, component->summary, 0, 0);
    if (component->about) {
        putchar('\n');
        layout_wrap(stdout, component->about, 0, 0);
    }
    if (component->reads || component->adds)
        putchar('\n');
    show_fields("reads", component->reads);
    show_fields("adds", component->adds);
    if (descriptor_faults(component))
        putchar('\n');
    show_fields("faults of its own", descriptor_faults(component));
    for (size_t i = 0; i < component->option_count; i++) {
        int length = (int)strlen(component->options[i].name);
        width = length > width ? length : width;
    }
    bool push = component->flags & SLUICE_PUSH;
    puts(component->option_count || push ? "\nOptions:" : "\nIt has no options of its own.");
    for (size_t i = 0; i < component->option_count; i++)
        show_option(&component->options[i], width);
    if (push)
        layout_row(stdout, "store", width, alias_shown);
}

static int show_alias(void) {
    printf(ALIAS_ORDERS " (source, sink): ");
    layout_wrap(stdout, alias_summary, 2, 23);
    putchar('\n');
    layout_wrap(stdout, alias_about, 0, 0);
    return 0;
}

/* All of a plugin, or "plugin.component". */
static int show(struct program *program, struct registry *registry, const char *name) {
    if (alias_named(text_of(name)))
        return show_alias();
    const char *dot = strchr(name, '.');
    const char *plugin_name =
        arena_printf(&program->arena, "%.*s", dot ? (int)(dot - name) : (int)strlen(name), name);
    if (!plugin_name)
        return fail_memory(&program->error);
    struct plugin *plugin = registry_plugin(registry, plugin_name, &program->error);
    if (!plugin)
        return program->error.code;
    bool found = false;
    for (size_t i = 0; i < plugin->component_count && dot; i++)
        found = found || strcmp(plugin->components[i].name, dot + 1) == 0;
    if (dot && !found)
        return fail(&program->error, SLUICE_E_CONFIG,
                    "plugin '%s' has no component '%s'; `sluice plugins show %s` shows "
                    "those it has",
                    plugin_name, dot + 1, plugin_name);
    printf("%s %s: %s\nfrom %s\n", plugin->name, plugin->descriptor.version, plugin->descriptor.summary,
           plugin->path);
    for (size_t i = 0; i < plugin->component_count; i++)
        if (!dot || strcmp(plugin->components[i].name, dot + 1) == 0)
            show_component(plugin, &plugin->components[i]);
    return 0;
}

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    const char *verb = arguments->operand_count ? arguments->operands[0] : "list";
    struct registry *registry = program_registry(program);
    if (!registry)
        return program->error.code;
    if (strcmp(verb, "list") == 0 && arguments->operand_count <= 1)
        return list(registry);
    if (strcmp(verb, "show") == 0 && arguments->operand_count == 2)
        return show(program, registry, arguments->operands[1]);
    if (strcmp(verb, "replay") == 0 && arguments->operand_count >= 2)
        return plugins_replay(program, registry);
    return fail(&program->error, SLUICE_E_USAGE,
                "write `sluice plugins list`, `sluice plugins show NAME` or `sluice plugins replay FILE…`");
}

static const struct flag flags[] = {
    {"accept", 0, NULL, "replay: write what was found into the files, after a look at it", false},
    {0},
};

const struct command cmd_plugins = {
    .name = "plugins",
    .usage = "[list | show PLUGIN | replay [--accept] FILE…]",
    .summary = "list the plugins, show one with its options, or replay recorded calls",
    .about =
        "list shows every plugin that is found, with its components. Each file is tried in a process of "
        "its own first; "
        "one that crashes or can't be used is listed as refused, with the reason.\n\nshow prints the "
        "reference of a "
        "plugin (csv), of one component (gsm_fusion.place), or of orders.\n\n"
        "replay is for those who write plugins: it makes the calls of transcripts, with the replies that are "
        "recorded in them and without any network, and compares what the plugin sends and says with what "
        "stands "
        "there (docs/write-a-plugin.md). A reply to a paid call is cut off everywhere, too: none of its "
        "halves "
        "may say that nothing was charged. Exit code 1: there are differences.",
    .flags = flags,
    .run = run,
};
