#include "store_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

/* Of an address; "" where it doesn't say. */
struct parts {
    const char *host, *port, *user, *database;
};

/* db.REF.supabase.co, or the user postgres.REF of a pooler: REF. */
static bool project_of(const struct parts *parts, char *out, size_t room) {
    static const char direct[] = ".supabase.co", pooler[] = ".pooler.supabase.com";
    size_t length = strlen(parts->host), tail = strlen(direct);
    const char *dot = strchr(parts->user, '.');
    if (length > 3 + tail && strncmp(parts->host, "db.", 3) == 0 &&
        strcmp(parts->host + length - tail, direct) == 0) {
        snprintf(out, room, "%.*s", (int)(length - 3 - tail), parts->host + 3);
        return true;
    }
    tail = strlen(pooler);
    if (!dot || length <= tail || strcmp(parts->host + length - tail, pooler) != 0)
        return false;
    snprintf(out, room, "%s", dot + 1);
    return true;
}

static void tell(const sluice_host *host, sluice_self *self, const struct parts *parts, sluice_text table) {
    char project[100], name[600];
    const char *schema = table.len && memchr(table.ptr, '.', table.len) ? "" : "public.";
    int shown = (int)(table.len < 130 ? table.len : 130);
    if (project_of(parts, project, sizeof project))
        snprintf(name, sizeof name, "Supabase %s.supabase.co, table %s%.*s", project, schema, shown,
                 table.ptr);
    else
        snprintf(name, sizeof name, "Postgres %.200s:%.20s/%.100s, table %s%.*s", parts->host, parts->port,
                 parts->database, schema, shown, table.ptr);
    host->keeps(self, (sluice_text){name, strlen(name)});
}

int store_name_tell(const sluice_host *host, sluice_self *self, sluice_secret uri, sluice_text table,
                    sluice_error *error) {
    char text[2048];
    int failed = pq_library_load(host, error);
    if (!failed && host->reveal(uri, text, sizeof text, error))
        return 0; /* connecting says what is wrong with it */
    if (failed)
        return failed;
    PQconninfoOption *address = address_parse(text);
    explicit_bzero(text, sizeof text);
    if (!address)
        return 0;
    struct parts parts = {address_part(address, "host", "localhost"), address_part(address, "port", "5432"),
                          address_part(address, "user", ""), address_part(address, "dbname", "postgres")};
    tell(host, self, &parts, table);
    pq.conninfoFree(address);
    return 0;
}
