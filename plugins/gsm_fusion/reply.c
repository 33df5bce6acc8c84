#include "reply.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/text.h>

#include "repair.h"

/* A reply is read as the children of this element: so several roots are one document, as are none. */
#define WRAPPER "reply"
#define OPENING "<" WRAPPER ">"
#define CLOSING "</" WRAPPER ">"

enum {
    BLOCK_BYTES = 16 * 1024,
    KNOWN_NAMES = 128, /* slots; a power of two */
    DICTIONARY_NAMES = 4096,
};

struct known_name {
    const xmlChar *interned; /* libxml2 keeps one copy of a name: the pointer is the name */
    enum name name;
};

struct reader {
    const struct xml_library *xml;
    xmlParserCtxtPtr parser;
    struct repair repair;
    enum reply_state state;
    unsigned level; /* open elements below the wrapper */
    bool started;   /* the wrapper was opened */
    bool found;     /* an element of the API was seen */
    struct record_maker maker;
    void (*on_record)(void *user, const struct record *record);
    void *user;
    struct known_name known[KNOWN_NAMES];
    bool other_root;  /* a foreign reply is XML, too */
    char damage[160]; /* of a damaged one */
    uint32_t block_length, block_start;
    char block[BLOCK_BYTES];
};

/* ---- names -------------------------------------------------------------------------------- */

static enum name name_of(struct reader *reader, const xmlChar *element) {
    uintptr_t address = (uintptr_t)element;
    struct known_name *known =
        &reader->known[(uint32_t)((uint64_t)address * 0x9e3779b97f4a7c15u >> 57) % KNOWN_NAMES];
    if (known->interned != element) {
        known->interned = element;
        known->name = name_find((const char *)element);
    }
    return known->name;
}

static bool is_record(enum name name) {
    return name == NAME_IMEIS || name == NAME_IMEIDUPLICATES || name == NAME_IMEIERRORS ||
           name == NAME_ERROR || name == NAME_PACKAGE || name == NAME_CLIENT;
}

static bool is_root(enum name name) {
    return is_record(name) || name == NAME_RESULT || name == NAME_PACKAGES || name == NAME_CLIENTCREDITS ||
           name == NAME_MAIL || name == NAME_CREDIT || name == NAME_CURRENCY;
}

/* ---- what the parser says ----------------------------------------------------------------- */

/* Before the first element of the API's, what is wrong says that the reply isn't the API's at all. */
static void stop(struct reader *reader, const char *why) {
    if (reader->state != REPLY_OPEN)
        return;
    reader->state = reader->found ? REPLY_DAMAGED : REPLY_FOREIGN;
    snprintf(reader->damage, sizeof reader->damage, "%s", why);
    reader->xml->xmlStopParser(reader->parser);
}

static bool check_root(struct reader *reader, enum name name) {
    if (is_root(name)) {
        reader->found = true;
        return true;
    }
    reader->other_root = true;
    stop(reader, "something else follows the reply");
    return false;
}

static void on_start(void *user, const xmlChar *element, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted,
                     const xmlChar **attributes) {
    struct reader *reader = user;
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces;
    (void)attribute_count, (void)defaulted, (void)attributes;
    if (!reader->started) {
        reader->started = true;
        return;
    }
    enum name name = name_of(reader, element);
    reader->level++;
    if (reader->level == 1 && !check_root(reader, name))
        return;
    struct record_maker *maker = &reader->maker;
    if (maker->level && maker->record.name != NAME_OTHER)
        record_leave(maker, reader->level);
    else if (name == NAME_RESULT || name == NAME_PACKAGES)
        return;
    else /* a record, or a single value: one with children is only a wrapper around records */
        record_begin(maker, is_record(name) ? name : NAME_OTHER, reader->level);
    if (!record_enter(maker, name, (const char *)element, reader->level))
        stop(reader, "one record has more than 4096 fields");
}

static void on_end(void *user, const xmlChar *element, const xmlChar *prefix, const xmlChar *uri) {
    struct reader *reader = user;
    (void)element, (void)prefix, (void)uri;
    if (reader->level == 0)
        return;
    record_leave(&reader->maker, reader->level);
    if (reader->maker.level == reader->level)
        reader->on_record(reader->user, record_end(&reader->maker));
    reader->level--;
}

static void on_text(void *user, const xmlChar *text, int length) {
    struct reader *reader = user;
    if (reader->maker.field != NO_FIELD) {
        if (!record_append(&reader->maker, (const char *)text, (uint32_t)length))
            stop(reader, "one record is larger than 1 MiB");
    } else if (reader->level == 0 && !text_is_blank((sluice_text){(const char *)text, (uint64_t)length})) {
        stop(reader, "text stands outside of the reply's elements");
    }
}

/* The few errors that don't change what an element is or holds; all others are damage, for behind one that
 * makes the document ill-formed libxml2 leaves out references. */
static bool is_harmless(const xmlError *error) {
    return error->level == XML_ERR_WARNING || error->domain == XML_FROM_NAMESPACE;
}

static void on_error(void *user, xmlErrorPtr error) {
    struct reader *reader = user;
    if (is_harmless(error))
        return;
    sluice_text text = text_of(error->message ? error->message : "not well-formed");
    char why[128];
    snprintf(why, sizeof why, "%.*s", TEXT_ARG(text_cut(text_trim(text), sizeof why - 1)));
    stop(reader, why);
}

/* ---- the reader --------------------------------------------------------------------------- */

struct reader *reader_new(const struct xml_library *xml) {
    xmlSAXHandler handler = {
        .characters = on_text,
        .ignorableWhitespace = on_text, /* the same function: no guess at what is ignorable */
        .cdataBlock = on_text,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .serror = on_error,
        .initialized = XML_SAX2_MAGIC,
    };
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    reader->xml = xml;
    reader->parser = xml->xmlCreatePushParserCtxt(&handler, reader, NULL, 0, NULL);
    if (!reader->parser) {
        free(reader);
        return NULL;
    }
    xml->xmlCtxtUseOptions(reader->parser, XML_PARSE_RECOVER | XML_PARSE_NONET);
    return reader;
}

void reader_free(struct reader *reader) {
    if (!reader)
        return;
    reader->xml->xmlFreeParserCtxt(reader->parser);
    record_free(&reader->maker);
    free(reader);
}

/* The parser keeps each name it ever saw: a provider that invents names makes it grow. */
bool reader_reusable(const struct reader *reader) {
    return reader->xml->xmlDictSize(reader->parser->dict) < DICTIONARY_NAMES &&
           reader->maker.text_room <= BLOCK_BYTES;
}

void reader_begin(struct reader *reader, void (*record)(void *user, const struct record *record),
                  void *user) {
    bool ready = reader->xml->xmlCtxtResetPush(reader->parser, NULL, 0, NULL, NULL) == 0;
    reader->repair = (struct repair){0};
    reader->state = ready ? REPLY_OPEN : REPLY_FOREIGN;
    reader->level = reader->maker.level = 0;
    reader->maker.field = NO_FIELD;
    reader->started = reader->found = false;
    reader->other_root = false;
    reader->damage[0] = 0;
    reader->on_record = record;
    reader->user = user;
    memcpy(reader->block, OPENING, sizeof OPENING - 1);
    reader->block_length = reader->block_start = sizeof OPENING - 1;
}

static void flush(struct reader *reader, bool last) {
    uint32_t content = reader->block_length;
    if (last) {
        memcpy(reader->block + content, CLOSING, sizeof CLOSING - 1);
        reader->block_length += (uint32_t)sizeof CLOSING - 1;
    }
    reader->xml->xmlParseChunk(reader->parser, reader->block, (int)reader->block_length, last);
    reader->block_length = content; /* for reader_describe */
}

static void finish(struct reader *reader) {
    flush(reader, true);
    if (reader->state != REPLY_OPEN)
        return;
    if (!reader->found)
        reader->state = REPLY_FOREIGN;
    else if (reader->repair.where != REPAIR_TEXT || reader->level)
        stop(reader, "it breaks off");
    else
        reader->state = REPLY_COMPLETE;
}

enum reply_state reader_feed(struct reader *reader, sluice_text piece, bool last) {
    struct repair_input input = {piece.ptr, piece.ptr + piece.len, last};
    const uint32_t most = BLOCK_BYTES - sizeof CLOSING;
    while (reader->state == REPLY_OPEN) {
        uint32_t before = reader->block_length;
        reader->block_length +=
            (uint32_t)repair_run(&reader->repair, &input, reader->block + before, most - before);
        if (most - reader->block_length < REPAIR_ROOM) {
            flush(reader, false);
            if (reader->state == REPLY_OPEN)
                reader->block_length = reader->block_start = 0;
        } else if (!last) {
            return REPLY_OPEN;
        } else {
            finish(reader);
        }
    }
    return reader->state;
}

/* ---- what came, for people ---------------------------------------------------------------- */

static bool find_title(sluice_text page, sluice_text *title) {
    const char *end = page.ptr + page.len;
    for (const char *at = page.ptr; end - at > 7; at++) {
        if (strncasecmp(at, "<title", 6) != 0)
            continue;
        const char *start = memchr(at, '>', (size_t)(end - at));
        const char *close = start ? memchr(start, '<', (size_t)(end - start)) : NULL;
        if (close)
            *title = text_trim((sluice_text){start + 1, (uint64_t)(close - start - 1)});
        return close && title->len;
    }
    return false;
}

static const char *kind_of(const struct reader *reader, sluice_text body) {
    if (body.ptr[0] == '{' || body.ptr[0] == '[')
        return "JSON: ";
    return reader->other_root ? "XML of another kind: " : "text: ";
}

static void describe_foreign(const struct reader *reader, int32_t status, char out[REPLY_DESCRIPTION]) {
    sluice_text body = {reader->block + reader->block_start, reader->block_length - reader->block_start};
    sluice_text title = body = text_trim(body);
    sluice_text start = text_cut(body, 120);
    if (!body.len)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, an empty body", status);
    else if (!text_starts(body, TEXT("<!doctype html")) && !text_starts(body, TEXT("<html")))
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, %s%.*s", status, kind_of(reader, start), TEXT_ARG(start));
    else if (find_title(body, &title))
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, an HTML page: %.*s", status,
                 TEXT_ARG(text_cut(title, 120)));
    else
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, an HTML page", status);
}

void reader_describe(const struct reader *reader, int32_t status, char out[REPLY_DESCRIPTION]) {
    if (reader->state == REPLY_FOREIGN)
        describe_foreign(reader, status, out);
    else if (reader->state == REPLY_DAMAGED)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, damaged XML: %s", status, reader->damage);
    else
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, a reply of the API", status);
}
