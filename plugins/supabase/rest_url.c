#include "rest_url.h"

#include <string.h>

static bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* What a query may hold beside letters and digits, and no gateway reads otherwise. */
static bool may_stand(char c) {
    return is_plain(c) || (c && strchr(".,():*=!", c));
}

void rest_url_add(struct sql *url, sluice_text text) {
    static const char hex[] = "0123456789ABCDEF";
    for (uint64_t i = 0, from; i < text.len; i++) {
        for (from = i; i < text.len && may_stand(text.ptr[i]);)
            i++;
        sql_bytes(url, text.ptr + from, i - from);
        if (i == text.len)
            break;
        unsigned char c = (unsigned char)text.ptr[i];
        char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
        sql_bytes(url, escaped, 3);
    }
}

void rest_url_word(struct sql *url, const char *word) {
    rest_url_add(url, (sluice_text){word, strlen(word)});
}

static bool all_plain(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (!is_plain(text.ptr[i]))
            return false;
    return text.len > 0;
}

/* Within quotes. */
static void add_quoted(struct sql *url, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            rest_url_word(url, "\\");
        rest_url_add(url, (sluice_text){text.ptr + i, 1});
    }
}

void rest_url_value(struct sql *url, sluice_text value) {
    if (all_plain(value)) {
        sql_bytes(url, value.ptr, value.len);
        return;
    }
    rest_url_word(url, "\"");
    add_quoted(url, value);
    rest_url_word(url, "\"");
}

void rest_url_name(struct sql *url, sluice_text name) {
    rest_url_value(url, name);
}

/* ---- regular expressions -------------------------------------------------------------------- */

/* As itself: a character of ASCII that is neither letter nor digit has a backslash in front. */
static void add_literal(struct sql *url, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_plain(c) && c > 0)
            add_quoted(url, (sluice_text){"\\", 1});
        add_quoted(url, (sluice_text){&c, 1});
    }
}

void rest_url_any_of(struct sql *url, sluice_texts texts) {
    rest_url_word(url, "\"^(");
    for (uint64_t i = 0; i < texts.count; i++) {
        if (i)
            rest_url_word(url, "|");
        add_literal(url, texts.items[i]);
    }
    rest_url_word(url, ")$\"");
}

void rest_url_part(struct sql *url, sluice_text text) {
    rest_url_word(url, "\"");
    add_literal(url, text);
    rest_url_word(url, "\"");
}
