#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "cmd_completion.h"
#include "command.h"
#include "component_name.h"
#include "text.h"
#include "usage.h"

static const struct {
    const char *name;
    enum completion_kind kind;
} kinds[] = {
    {"127.0.0.1:PORT", COMPLETION_NOTHING},
    {"COMMAND", COMPLETION_COMMAND},
    {"D", COMPLETION_NOTHING},
    {"DIR", COMPLETION_DIRECTORY},
    {"FILE", COMPLETION_FILE},
    {"FROM", COMPLETION_FILE},
    {"HOST:PORT", COMPLETION_NOTHING},
    {"IMEI", COMPLETION_NOTHING},
    {"KEY", COMPLETION_NOTHING},
    {"N", COMPLETION_NOTHING},
    {"NAME", COMPLETION_NOTHING},
    {"NAME=VALUE", COMPLETION_NOTHING},
    {"NAME[=WHEN]", COMPLETION_NOTHING},
    {"ORDER_ID", COMPLETION_NOTHING},
    {"PLUGIN", COMPLETION_PLUGIN},
    {"PROVIDER", COMPLETION_PROVIDER},
    {"RUN", COMPLETION_NOTHING},
    {"SERVICE", COMPLETION_NOTHING},
    {"STATE", COMPLETION_NOTHING},
    {"STATUS", COMPLETION_NOTHING},
    {"STORE", COMPLETION_FILE},
    {"TEXT", COMPLETION_NOTHING},
    {"TO", COMPLETION_FILE},
    {"WHAT", COMPLETION_NOTHING},
    {"WHEN", COMPLETION_NOTHING},
};

enum completion_kind completion_kind(sluice_text placeholder) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(placeholder, kinds[i].name))
            return kinds[i].kind;
    return COMPLETION_UNKNOWN;
}

/* The word that is being typed, and what stands before it. */
struct typing {
    struct program *program;
    const struct command *command; /* NULL: none yet */
    const char *word;
    const char *prefix;    /* "--format=", of which only the rest is looked for */
    const char **operands; /* behind the command */
    size_t operand_count;
    bool lost; /* there is a word where the command should be, but no such command */
};

/* `help` may be NULL. */
static void offer(const struct typing *typing, sluice_text word, const char *help) {
    size_t typed = strlen(typing->word);
    if (word.len >= typed && memcmp(word.ptr, typing->word, typed) == 0)
        printf("%s%.*s%s%s\n", typing->prefix, TEXT_ARG(word), help ? "\t" : "", help ? help : "");
}

/* ---- what a placeholder stands for ------------------------------------------------------------ */

static void offer_commands(const struct typing *typing) {
    for (size_t i = 0; commands[i]; i++)
        offer(typing, text_of(commands[i]->name), commands[i]->summary);
}

static struct plugin *load(struct registry *registry, const char *name) {
    return registry_probe(registry, name, NULL) ? registry_plugin(registry, name, NULL) : NULL;
}

static void offer_plugin(const struct typing *typing, const struct plugin *plugin, bool providers) {
    char name[COMPONENT_NAME_ROOM];
    bool provider = false;
    for (size_t i = 0; i < plugin->component_count; i++)
        provider = provider || plugin->components[i].kind == SLUICE_SANDBOX ||
                   (plugin->components[i].flags & SLUICE_SPENDS);
    if (!providers || provider)
        offer(typing, text_of(plugin->name), plugin->descriptor.summary);
    for (size_t i = 0; i < plugin->component_count && !providers; i++)
        if (strcmp(plugin->components[i].name, plugin->name) != 0)
            offer(typing, text_of(component_name(plugin->name, plugin->components[i].name, name)),
                  plugin->components[i].summary);
}

static void offer_plugins(const struct typing *typing, bool providers) {
    struct registry *registry = program_registry(typing->program);
    const char *const *names;
    size_t count = registry ? registry_names(registry, &names) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct plugin *plugin = load(registry, names[i]);
        if (plugin)
            offer_plugin(typing, plugin, providers);
    }
    if (!providers)
        offer(typing, text_of(ALIAS_ORDERS), alias_summary);
}

static void offer_kind(const struct typing *typing, enum completion_kind kind) {
    if (kind == COMPLETION_FILE)
        puts(":files");
    else if (kind == COMPLETION_DIRECTORY)
        puts(":directories");
    else if (kind == COMPLETION_COMMAND)
        offer_commands(typing);
    else if (kind == COMPLETION_PLUGIN || kind == COMPLETION_PROVIDER)
        offer_plugins(typing, kind == COMPLETION_PROVIDER);
}

/* ---- flags and operands ----------------------------------------------------------------------- */

/* "csv|json" are choices, FILE is a placeholder. */
static void offer_value(const struct typing *typing, const struct flag *flag) {
    sluice_text value = text_of(flag->value);
    if (usage_placeholder(value)) {
        offer_kind(typing, completion_kind(value));
        return;
    }
    for (const char *at = flag->value; *at; at += *at == '|') {
        size_t length = strcspn(at, "|");
        offer(typing, (sluice_text){at, length}, NULL);
        at += length;
    }
}

static void offer_flags(const struct typing *typing, const struct flag *flags) {
    char name[64];
    for (; flags && flags->name; flags++) {
        snprintf(name, sizeof name, "--%s", flags->name);
        offer(typing, text_of(name), flags->help);
    }
}

static void offer_operand(void *user, sluice_text word) {
    const struct typing *typing = user;
    if (usage_placeholder(word))
        offer_kind(typing, completion_kind(word));
    else
        offer(typing, word, NULL);
}

/* `--name`, `-n` or `--name=…`; NULL: no flag, or none that takes a value. */
static const struct flag *find_flag(const struct flag *flags, const char *word) {
    size_t length = strcspn(word, "=");
    for (; flags && flags->name; flags++) {
        bool named = word[0] == '-' && word[1] == '-' && strlen(flags->name) + 2 == length &&
                     memcmp(word + 2, flags->name, length - 2) == 0;
        bool lettered = word[0] == '-' && flags->letter && word[1] == flags->letter && !word[2];
        if (flags->value && (named || lettered))
            return flags;
    }
    return NULL;
}

/* Before the command is known its flags may stand, too: those of every command count. */
static const struct flag *valued_flag(const struct typing *typing, const char *word) {
    const struct flag *flag = find_flag(program_flags, word);
    for (size_t i = 0; !flag && commands[i]; i++)
        if (!typing->command || typing->command == commands[i])
            flag = find_flag(commands[i]->flags, word);
    return flag;
}

/* What stands before the last word; returns the flag whose value that is. */
static const struct flag *read_before(struct typing *typing, const char *const *words, size_t count,
                                      bool *flags_over) {
    const struct flag *pending = NULL;
    for (size_t i = 0; i < count; i++) {
        bool flag = words[i][0] == '-' && words[i][1] && !*flags_over;
        if (pending) {
            pending = NULL;
        } else if (flag) {
            *flags_over = strcmp(words[i], "--") == 0;
            pending = strchr(words[i], '=') ? NULL : valued_flag(typing, words[i]);
        } else if (!typing->command && !typing->lost) {
            typing->command = command_find(words[i]);
            typing->lost = !typing->command;
        } else {
            typing->operands[typing->operand_count++] = words[i];
        }
    }
    return pending;
}

static void complete(struct typing *typing, const struct flag *pending, bool flags_over) {
    const char *equals = strchr(typing->word, '=');
    if (pending) {
        offer_value(typing, pending);
    } else if (typing->word[0] == '-' && !flags_over && equals) {
        const struct flag *flag = valued_flag(typing, typing->word);
        typing->prefix =
            arena_printf(&typing->program->arena, "%.*s", (int)(equals + 1 - typing->word), typing->word);
        typing->word = equals + 1;
        if (flag && typing->prefix)
            offer_value(typing, flag);
    } else if (typing->word[0] == '-' && !flags_over) {
        offer_flags(typing, typing->command ? typing->command->flags : NULL);
        offer_flags(typing, program_flags);
    } else if (!typing->command && !typing->lost) {
        offer_commands(typing);
    } else if (typing->command) {
        usage_next(typing->command->usage, typing->operands, typing->operand_count, offer_operand, typing);
    }
}

int completion_words(struct program *program, const char *const *words, size_t count) {
    struct typing typing = {.program = program, .word = count ? words[count - 1] : "", .prefix = ""};
    bool flags_over = false;
    typing.operands = arena_array(&program->arena, count + 1, sizeof *typing.operands);
    if (!typing.operands)
        return fail_memory(&program->error);
    const struct flag *pending = read_before(&typing, words, count ? count - 1 : 0, &flags_over);
    complete(&typing, pending, flags_over);
    return 0;
}
