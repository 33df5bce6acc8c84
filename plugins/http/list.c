#include "list.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/json.h>
#include <sluice/text.h>

#include "pointer.h"

/* ---- the cookie: number, count, oldest, cursor ---------------------------------------------- */

static sluice_text take_line(sluice_text *text) {
    const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    sluice_text line = {text->ptr, end ? (uint64_t)(end - text->ptr) : text->len};
    *text = end ? (sluice_text){end + 1, text->len - line.len - 1} : (sluice_text){NULL, 0};
    return line;
}

static int64_t take_number(sluice_text *text) {
    char room[PAGE_TEXT];
    sluice_text line = take_line(text);
    snprintf(room, sizeof room, "%.*s", TEXT_ARG(line));
    return strtoll(room, NULL, 10);
}

void page_read(struct page *page, const struct list *list, sluice_text cookie) {
    *page = (struct page){.number = list->first_page};
    if (!cookie.len)
        return;
    page->number = take_number(&cookie);
    page->count = take_number(&cookie);
    sluice_text oldest = take_line(&cookie);
    snprintf(page->oldest, sizeof page->oldest, "%.*s", TEXT_ARG(oldest));
    snprintf(page->cursor, sizeof page->cursor, "%.*s", TEXT_ARG(cookie));
}

void page_name(const struct page *page, struct scope *scope, char room[PAGE_TEXT]) {
    snprintf(room, PAGE_TEXT, "%lld", (long long)page->number);
    scope_add(scope, "page", text_of(room));
    scope_add(scope, "next", text_of(page->cursor));
}

static bool is_address(sluice_text cursor) {
    return text_starts(cursor, TEXT("https://")) || text_starts(cursor, TEXT("http://")) ||
           (cursor.len && cursor.ptr[0] == '/');
}

sluice_text page_path(const struct page *page, const struct shape *shape) {
    sluice_text cursor = text_of(page->cursor);
    return is_address(cursor) ? shape_path(shape, cursor) : (sluice_text){NULL, 0};
}

/* ---- the things of a page -------------------------------------------------------------------- */

bool list_each(const struct list *list, struct reply *reply,
               void (*each)(void *user, struct reply *reply, sluice_text item), void *user, uint64_t *count) {
    sluice_text items = pointer_find(reply->root, list->items), key, value;
    struct json_walk walk;
    *count = 0;
    if (!items.len || (items.ptr[0] != '[' && items.ptr[0] != '{'))
        return items.len && text_is(items, "null");
    bool array = items.ptr[0] == '[';
    if (array)
        json_walk_list(&walk, items);
    else
        json_walk_object(&walk, items);
    while (array ? json_next_item(&walk, &value) : json_next_member(&walk, &key, &value)) {
        if (text_is(value, "null"))
            continue;
        ++*count;
        each(user, reply, value);
        reply_forget(reply);
    }
    return true;
}

/* ---- what comes next -------------------------------------------------------------------------- */

static int32_t ask_more(const struct shape *shape, sluice_call *call, const struct page *page,
                        sluice_error *error) {
    char cookie[CURSOR_TEXT + 100];
    int length = snprintf(cookie, sizeof cookie, "%lld\n%lld\n%s\n%s", (long long)page->number,
                          (long long)page->count, page->oldest, page->cursor);
    if (length < 0 || (size_t)length >= sizeof cookie)
        return shape->host->fail(error, SLUICE_E_DATA, "the next page has a name that is too long");
    shape->host->more(call, (sluice_text){cookie, (uint64_t)length});
    return 1;
}

static int32_t follow(const struct shape *shape, const struct list *list, struct reply *reply,
                      sluice_call *call, struct page *page, sluice_error *error) {
    sluice_text value = pointer_find(reply->root, list->next);
    sluice_text next = reply_is_nothing(value) ? (sluice_text){NULL, 0} : text_trim(reply_text(reply, value));
    if (reply->failed)
        return shape->host->fail(error, SLUICE_E_IO, "out of memory");
    if (!next.len)
        return 0;
    if (next.len >= sizeof page->cursor || memchr(next.ptr, '\n', next.len))
        return shape->host->fail(error, SLUICE_E_DATA, "the reply names a next page with %llu bytes",
                                 (unsigned long long)next.len);
    if (text_equal(next, text_of(page->cursor)))
        return shape->host->fail(error, SLUICE_E_DATA,
                                 "the reply names the page that it is as the next one: '%.*s'",
                                 TEXT_ARG(text_cut(next, 100)));
    if (is_address(next) && !shape_path(shape, next).ptr)
        return shape->host->fail(
            error, SLUICE_E_DATA,
            "the reply names a next page on another host, where the key mustn't go: '%.*s'",
            TEXT_ARG(text_cut(next, 200)));
    snprintf(page->cursor, sizeof page->cursor, "%.*s", TEXT_ARG(next));
    return ask_more(shape, call, page, error);
}

int32_t list_go_on(const struct list *list, const struct shape *shape, struct reply *reply, sluice_call *call,
                   struct page *page, uint64_t count, sluice_error *error) {
    bool numbered = template_names(&list->target->url, "page") ||
                    (list->target == &shape->target && shape_names(shape, "page"));
    page->number++;
    page->count++;
    bool ends = !list->next.ptr && (!numbered || !count);
    if (!ends && page->count >= list->max_pages)
        return shape->host->fail(error, SLUICE_E_DATA, "there are more than %lld pages",
                                 (long long)list->max_pages);
    if (list->next.ptr)
        return follow(shape, list, reply, call, page, error);
    return ends ? 0 : ask_more(shape, call, page, error);
}
