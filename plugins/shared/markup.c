#include "markup.h"

#include <stdbool.h>
#include <stdlib.h>

#include <sluice/text.h>

enum {
    PASSES = 3, /* as often as anybody was seen to escape */
    ENTITY_MOST = 12,
    TAG_MOST = 1000,
};

/* ---- entities ----------------------------------------------------------------------------- */

struct entity {
    sluice_text name, text;
};

#define ENTITY(name, text) \
    { TEXT(name), TEXT(text) }

static const struct entity entities[] = {
    ENTITY("amp", "&"),    ENTITY("lt", "<"),     ENTITY("gt", ">"),     ENTITY("quot", "\""),
    ENTITY("apos", "'"),   ENTITY("nbsp", " "),   ENTITY("copy", "©"),   ENTITY("reg", "®"),
    ENTITY("trade", "™"),  ENTITY("deg", "°"),    ENTITY("euro", "€"),   ENTITY("pound", "£"),
    ENTITY("ndash", "–"),  ENTITY("mdash", "—"),  ENTITY("hellip", "…"), ENTITY("bull", "•"),
    ENTITY("middot", "·"), ENTITY("times", "×"),  ENTITY("lsquo", "‘"),  ENTITY("rsquo", "’"),
    ENTITY("ldquo", "“"),  ENTITY("rdquo", "”"),  ENTITY("laquo", "«"),  ENTITY("raquo", "»"),
    ENTITY("agrave", "à"), ENTITY("aacute", "á"), ENTITY("acirc", "â"),  ENTITY("atilde", "ã"),
    ENTITY("auml", "ä"),   ENTITY("aring", "å"),  ENTITY("aelig", "æ"),  ENTITY("ccedil", "ç"),
    ENTITY("egrave", "è"), ENTITY("eacute", "é"), ENTITY("ecirc", "ê"),  ENTITY("euml", "ë"),
    ENTITY("iacute", "í"), ENTITY("icirc", "î"),  ENTITY("iuml", "ï"),   ENTITY("ntilde", "ñ"),
    ENTITY("oacute", "ó"), ENTITY("ocirc", "ô"),  ENTITY("otilde", "õ"), ENTITY("ouml", "ö"),
    ENTITY("oslash", "ø"), ENTITY("uacute", "ú"), ENTITY("ucirc", "û"),  ENTITY("uuml", "ü"),
    ENTITY("szlig", "ß"),  ENTITY("Auml", "Ä"),   ENTITY("Eacute", "É"), ENTITY("Ouml", "Ö"),
    ENTITY("Uuml", "Ü"),
};

/* UTF-8 of a character; 0: there is none of that number, or it is a control character. */
static unsigned utf8(uint32_t code, char out[4]) {
    if (code == 0xa0)
        code = ' ';
    if ((code < ' ' && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0) ||
        (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
        return 0;
    unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = more; i; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(first[more] | code);
    return more + 1;
}

/* Behind "&#": digits, or x and hex digits. */
static unsigned number(sluice_text name, char out[4]) {
    bool hex = name.len > 1 && (name.ptr[1] | 0x20) == 'x';
    uint32_t code = 0;
    uint64_t i = hex ? 2 : 1;
    if (i == name.len)
        return 0;
    for (; i < name.len; i++) {
        char c = name.ptr[i], letter = (char)(c | 0x20);
        bool digit = text_is_digit(c);
        if (code > 0x10ffff || (!digit && (!hex || letter < 'a' || letter > 'f')))
            return 0;
        code = code * (hex ? 16 : 10) + (uint32_t)(digit ? c - '0' : letter - 'a' + 10);
    }
    return utf8(code, out);
}

/* What stands between & and ; as text. Its length; 0: no entity. */
static unsigned entity(sluice_text name, char out[4]) {
    if (name.len && name.ptr[0] == '#')
        return number(name, out);
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (text_equal(entities[i].name, name)) {
            memcpy(out, entities[i].text.ptr, entities[i].text.len);
            return (unsigned)entities[i].text.len;
        }
    return 0;
}

/* Once through the text. An entity is never shorter than what it stands for. */
static uint64_t unescape(char *text, uint64_t length, bool *found) {
    const char *at = text, *end = text + length;
    char *out = text;
    *found = false;
    while (at < end) {
        const char *mark = memchr(at, '&', (size_t)(end - at));
        size_t plain = (size_t)((mark ? mark : end) - at);
        out = (char *)memmove(out, at, plain) + plain;
        at += plain;
        if (!mark)
            break;
        size_t most = (size_t)(end - at) < ENTITY_MOST ? (size_t)(end - at) : ENTITY_MOST;
        const char *close = memchr(at, ';', most);
        char as[4];
        unsigned count = close ? entity((sluice_text){at + 1, (uint64_t)(close - at - 1)}, as) : 0;
        *found |= count > 0;
        if (!count)
            *out++ = *at++;
        else {
            memcpy(out, as, count);
            out += count;
            at = close + 1;
        }
    }
    return (uint64_t)(out - text);
}

/* ---- tags --------------------------------------------------------------------------------- */

static const char lines[] = " br p div li ul ol tr hr table h1 h2 h3 h4 h5 h6 dt dd pre ";
static const char cells[] = " td th ";
static const char others[] =
    " a b i u s em strong span font small big center code sup sub img label mark tbody "
    "thead tfoot body html head dl tt del ins strike blink wbr nobr abbr ";

static bool is_one_of(const char *list, sluice_text name) {
    char word[12];
    if (name.len + 2 >= sizeof word)
        return false;
    word[0] = ' ';
    for (uint64_t i = 0; i < name.len; i++)
        word[i + 1] = (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i]);
    word[name.len + 1] = ' ';
    word[name.len + 2] = 0;
    return strstr(list, word) != NULL;
}

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* The tag or comment that begins at `at`: its length, and what takes its place (0: nothing). 0: it is none.
 */
static size_t tag(const char *at, const char *end, char *as) {
    size_t most = (size_t)(end - at) < TAG_MOST ? (size_t)(end - at) : TAG_MOST;
    *as = 0;
    if (most >= 4 && memcmp(at, "<!--", 4) == 0) {
        const char *close = memmem(at, most, "-->", 3);
        return close ? (size_t)(close - at) + 3 : 0;
    }
    const char *close = memchr(at, '>', most), *name = at + 1;
    if (!close)
        return 0;
    name += *name == '/';
    sluice_text word = {name, 0};
    while (name + word.len < close && (is_letter(name[word.len]) || text_is_digit(name[word.len])))
        word.len++;
    if (!word.len || !(name[word.len] == '>' || name[word.len] == '/' || text_is_space(name[word.len])))
        return 0;
    if (is_one_of(lines, word))
        *as = '\n';
    else if (is_one_of(cells, word))
        *as = ' ';
    else if (!is_one_of(others, word))
        return 0;
    return (size_t)(close - at) + 1;
}

static uint64_t drop_tags(char *text, uint64_t length) {
    const char *at = text, *end = text + length;
    char *out = text;
    while (at < end) {
        const char *mark = memchr(at, '<', (size_t)(end - at));
        size_t plain = (size_t)((mark ? mark : end) - at);
        out = (char *)memmove(out, at, plain) + plain;
        at += plain;
        if (!mark)
            break;
        char as;
        size_t taken = tag(at, end, &as);
        if (!taken)
            *out++ = *at++;
        else if (as)
            *out++ = as;
        at += taken;
    }
    return (uint64_t)(out - text);
}

uint64_t markup_strip(char *text, uint64_t length) {
    bool found = true;
    for (int pass = 0; found && pass < PASSES; pass++)
        length = unescape(text, length, &found);
    return drop_tags(text, length);
}
