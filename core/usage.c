#include "usage.h"

#include <string.h>

#include "text.h"

static const char MANY[] = "…";

bool usage_placeholder(sluice_text word) {
    return word.len && !(word.ptr[0] >= 'a' && word.ptr[0] <= 'z');
}

/* "[--set NAME=VALUE]…" and the like: behind it. */
static const char *skip_flags(const char *at) {
    int depth = 0;
    do
        depth += (*at == '[') - (*at == ']');
    while (*at && *++at && depth);
    return strncmp(at, MANY, sizeof MANY - 1) == 0 ? at + sizeof MANY - 1 : at;
}

/* The next word of an alternative; empty at the end of it, and `*at` stands on '|' or on the end of the text.
 */
static sluice_text next_word(const char **at) {
    for (;;) {
        *at += strspn(*at, " ]");
        if ((*at)[0] == '[' && (*at)[1] == '-')
            *at = skip_flags(*at);
        else if (**at == '[')
            (*at)++;
        else
            break;
    }
    sluice_text word = {*at, strcspn(*at, " []|")};
    *at += word.len;
    return word;
}

static bool take_many(sluice_text *word) {
    size_t length = sizeof MANY - 1;
    if (word->len <= length || memcmp(word->ptr + word->len - length, MANY, length) != 0)
        return false;
    word->len -= length;
    return true;
}

static bool matches(sluice_text word, const char *operand) {
    return usage_placeholder(word) || text_is(word, operand);
}

/* The word at index `count` of the alternative at `*at`, which it passes over; empty: these operands don't
 * fit. */
static sluice_text walk(const char **at, const char *const *operands, size_t count) {
    sluice_text found = {NULL, 0}, word;
    bool fits = true;
    for (size_t i = 0; (word = next_word(at)).len;) {
        bool many = take_many(&word);
        for (; many && fits && i < count; i++)
            fits = matches(word, operands[i]);
        if (!fits || found.len)
            continue;
        if (i == count)
            found = word;
        else
            fits = matches(word, operands[i++]);
    }
    return fits ? found : (sluice_text){NULL, 0};
}

void usage_next(const char *usage, const char *const *operands, size_t count,
                void (*visit)(void *user, sluice_text word), void *user) {
    for (const char *at = usage; *at; at += *at == '|') {
        sluice_text word = walk(&at, operands, count);
        if (word.len)
            visit(user, word);
    }
}
