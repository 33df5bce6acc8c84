#include "select.h"

#include <ctype.h>
#include <string.h>

#include "rows_table.h"

enum {
    VALUES_MOST = 10000,                /* of status and of service: each is a parameter, twice at most */
    LIST_BYTES_MOST = 64 * 1024 * 1024, /* of a list of IMEIs or order ids */
    TEXT_MOST = 1000,                   /* bytes of the text that is looked for: SQLite's LIKE has a limit */
};

/* Where `text` is looked for. */
static const char *const text_columns[] = {
    "order_id", "imei",  "imei2", "service_name", "service_id",          "status", "carrier",
    "simlock",  "model", "fmi",   "result_code",  "result_code_display", "notes",
};

static bool has_column(const struct select *select, const char *name) {
    return table_info_find(select->info, (sluice_text){name, strlen(name)}) >= 0;
}

const char *select_list_column(enum select_list list) {
    return list == SELECT_IMEI ? "imei" : "order_id";
}

const char *select_list_table(enum select_list list) {
    return list == SELECT_IMEI ? "sluice_imei" : "sluice_order_id";
}

static sluice_texts values_of(const struct select *select, enum select_list list) {
    return list == SELECT_IMEI ? select->options->imei : select->options->order_id;
}

bool select_filters(const struct select *select) {
    const struct source_options *options = select->options;
    return options->status.count || options->imei.count || options->order_id.count ||
           options->service.count || options->text.len || select->since[0] || select->until[0];
}

/* ---- what the user wrote ------------------------------------------------------------------ */

static bool has_digits(const char *text, const char *pattern, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (pattern[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return true;
}

/* "2026-11-22", "2026-11-22 08:30", "2026-11-22T08:30:00Z": as far as it goes, in the form of the column. */
static int read_time(const struct select *select, const char *option, sluice_text given, char out[20],
                     sluice_error *error) {
    static const char pattern[] = "0000-00-00 00:00:00";
    size_t len = given.len;
    if (len && given.ptr[len - 1] == 'Z')
        len--;
    bool whole = len == 0 || len == 10 || len == 16 || len == 19;
    if (len && whole) {
        memcpy(out, given.ptr, len);
        if (len > 10 && out[10] == 'T')
            out[10] = ' ';
        out[len] = '\0';
    }
    if (!whole || !has_digits(out, pattern, len))
        return select->db->host->fail(
            error, SLUICE_E_CONFIG,
            "option '%s': '%.*s' is not a date; write 2026-11-22 or '2026-11-22 08:30:00' (UTC)", option,
            (int)(given.len < 40 ? given.len : 40), given.ptr);
    return 0;
}

int select_read_times(struct select *select, sluice_error *error) {
    int failed = read_time(select, "since", select->options->since, select->since, error);
    return failed ? failed : read_time(select, "until", select->options->until, select->until, error);
}

static int need_column(const struct select *select, const char *option, const char *column,
                       sluice_error *error) {
    if (has_column(select, column))
        return 0;
    return select->db->host->fail(error, SLUICE_E_CONFIG, "%s: option '%s': table '%s' has no column '%s'",
                                  select->db->path, option, select->table, column);
}

static int need_few(const struct select *select, const char *option, sluice_texts values,
                    sluice_error *error) {
    if (values.count <= VALUES_MOST)
        return 0;
    return select->db->host->fail(error, SLUICE_E_CONFIG, "option '%s': %d values at most", option,
                                  VALUES_MOST);
}

static int check_service(const struct select *select, sluice_error *error) {
    sluice_texts service = select->options->service;
    int failed = need_few(select, "service", service, error);
    if (!failed && service.count && !has_column(select, "service_name"))
        failed = need_column(select, "service", "service_id", error);
    return failed;
}

static int check_text(const struct select *select, sluice_error *error) {
    const struct source_options *options = select->options;
    bool any = options->text.len == 0;
    if (options->text.len > TEXT_MOST)
        return select->db->host->fail(error, SLUICE_E_CONFIG, "option 'text': %d bytes at most", TEXT_MOST);
    for (size_t i = 0; i < sizeof text_columns / sizeof *text_columns; i++)
        any = any || has_column(select, text_columns[i]);
    return any ? 0 : need_column(select, "text", "imei", error);
}

static int check(const struct select *select, sluice_error *error) {
    const struct source_options *options = select->options;
    int failed = need_few(select, "status", options->status, error);
    if (!failed && options->status.count)
        failed = need_column(select, "status", "status", error);
    for (int list = 0; list < SELECT_LISTS && !failed; list++)
        if (values_of(select, list).count)
            failed = need_column(select, select_list_column(list), select_list_column(list), error);
    const char *time = select->since[0] ? "since" : select->until[0] ? "until" : NULL;
    if (!failed && time && !has_column(select, "created_at"))
        failed = need_column(select, time, "order_date", error);
    if (!failed)
        failed = check_service(select, error);
    return failed ? failed : check_text(select, error);
}

/* ---- lists -------------------------------------------------------------------------------- */

/* Sorted, so that an index that they are looked up in is touched page by page. */
static int make_list(struct select *select, enum select_list list, sluice_error *error) {
    sluice_texts values = values_of(select, list);
    struct rows *rows = &select->lists[list];
    rows_clear(rows, 1);
    for (uint64_t i = 0; i < values.count; i++) {
        if (!rows_fit(rows, values.items[i].len, LIST_BYTES_MOST))
            return select->db->host->fail(error, SLUICE_E_CONFIG,
                                          "option '%s': more than %d MiB of values; ask for fewer at a time",
                                          select_list_column(list), LIST_BYTES_MOST >> 20);
        if (rows_add(rows, &values.items[i], 0))
            return database_fail_memory(select->db, error);
    }
    rows_sort(rows);
    rows->from = 0;
    rows->to = rows->count;
    if (rows_table_register(select->db->handle, select_list_table(list), rows) != SQLITE_OK)
        return database_fail_memory(select->db, error);
    return 0;
}

int select_begin(struct select *select, sluice_error *error) {
    int failed = check(select, error);
    for (int list = 0; list < SELECT_LISTS && !failed; list++)
        if (values_of(select, list).count)
            failed = make_list(select, list, error);
    return failed;
}

void select_free(struct select *select) {
    for (int list = 0; list < SELECT_LISTS; list++)
        rows_free(&select->lists[list]);
}

/* ---- the statement ------------------------------------------------------------------------ */

static void append_parameters(sqlite3_str *sql, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        sqlite.str_appendall(sql, i ? ", ?" : "(?");
    sqlite.str_appendall(sql, ")");
}

static void append_service(const struct select *select, sqlite3_str *sql) {
    static const char *const columns[] = {"service_id", "service_name"};
    bool more = false;
    for (size_t i = 0; i < 2; i++) {
        if (!has_column(select, columns[i]))
            continue;
        sqlite.str_appendf(sql, "%s%s COLLATE NOCASE IN ", more ? " OR " : " AND (", columns[i]);
        append_parameters(sql, select->options->service.count);
        more = true;
    }
    sqlite.str_appendall(sql, ")");
}

/* One parameter for all columns. */
static void append_text(const struct select *select, sqlite3_str *sql, int parameter) {
    bool more = false;
    for (size_t i = 0; i < sizeof text_columns / sizeof *text_columns; i++) {
        if (!has_column(select, text_columns[i]))
            continue;
        sqlite.str_appendf(sql, "%s%s LIKE ?%d ESCAPE '\\'", more ? " OR " : " AND (", text_columns[i],
                           parameter);
        more = true;
    }
    sqlite.str_appendall(sql, ")");
}

static void append_time(const struct select *select, sqlite3_str *sql, const char *compared) {
    bool date = has_column(select, "order_date"), created = has_column(select, "created_at");
    sqlite.str_appendf(sql, " AND replace(%s, 'T', ' ') %s ?",
                       date && created ? "coalesce(nullif(order_date, ''), created_at)"
                       : date          ? "order_date"
                                       : "created_at",
                       compared);
}

/* `+` keeps the few values of status from being looked up by an index: rows come by the key. */
static void append_filters(const struct select *select, sqlite3_str *sql, int found) {
    const struct source_options *options = select->options;
    int parameter = 2;
    if (options->text.len)
        append_text(select, sql, parameter++);
    if (select->since[0])
        append_time(select, sql, ">=");
    if (select->until[0])
        append_time(select, sql, "<");
    if (options->status.count) {
        sqlite.str_appendall(sql, " AND +status COLLATE NOCASE IN ");
        append_parameters(sql, options->status.count);
    }
    if (options->service.count)
        append_service(select, sql);
    for (int list = 0; list < SELECT_LISTS; list++)
        if (values_of(select, list).count && list != found)
            sqlite.str_appendf(sql, " AND %s IN (SELECT c0 FROM %s)", select_list_column(list),
                               select_list_table(list));
}

static int bind_texts(sqlite3_stmt *statement, int at, sluice_texts texts) {
    for (uint64_t i = 0; i < texts.count; i++)
        sqlite.bind_text(statement, at++, texts.items[i].ptr, (int)texts.items[i].len, SQLITE_STATIC);
    return at;
}

/* %T%, with what LIKE would take for a pattern escaped. */
static int bind_pattern(sqlite3_stmt *statement, int at, sluice_text text) {
    char pattern[2 * TEXT_MOST + 2];
    int used = 0;
    pattern[used++] = '%';
    for (uint64_t i = 0; i < text.len; i++) {
        if (memchr("%_\\", text.ptr[i], 3))
            pattern[used++] = '\\';
        pattern[used++] = text.ptr[i];
    }
    pattern[used++] = '%';
    sqlite.bind_text(statement, at, pattern, used, SQLITE_TRANSIENT);
    return at + 1;
}

/* In the order in which append_filters has named them. */
static void bind_filters(const struct select *select, sqlite3_stmt *statement) {
    const struct source_options *options = select->options;
    int at = 2;
    if (options->text.len)
        at = bind_pattern(statement, at, options->text);
    if (select->since[0])
        sqlite.bind_text(statement, at++, select->since, -1, SQLITE_STATIC);
    if (select->until[0])
        sqlite.bind_text(statement, at++, select->until, -1, SQLITE_STATIC);
    at = bind_texts(statement, at, options->status);
    if (has_column(select, "service_id"))
        at = bind_texts(statement, at, options->service);
    if (has_column(select, "service_name"))
        bind_texts(statement, at, options->service);
}

int select_prepare(const struct select *select, const char *columns, const char *joined, const char *key,
                   const char *order, int found, sqlite3_stmt **statement, sluice_error *error) {
    sqlite3_str *sql = sqlite.str_new(select->db->handle);
    sqlite.str_appendf(sql, "SELECT %s FROM %s \"%w\" AS o WHERE %s", columns, joined, select->table, key);
    append_filters(select, sql, found);
    sqlite.str_appendall(sql, order);
    char *text = sqlite.str_finish(sql);
    int failed =
        text ? database_prepare(select->db, text, statement, error) : database_fail_memory(select->db, error);
    sqlite.free(text);
    if (!failed)
        bind_filters(select, *statement);
    return failed;
}
