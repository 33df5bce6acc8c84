#include "script.h"

#include <string.h>

#include "orders.h"

/* The names in it, each quoted and followed by a dot where there is a schema. */
struct names {
    struct sql schema, prefix, table, history;
};

static void split(sluice_text option, sluice_text *schema, sluice_text *table) {
    const char *dot = option.len ? memchr(option.ptr, '.', option.len) : NULL;
    uint64_t before = dot ? (uint64_t)(dot - option.ptr) : 0;
    *schema = (sluice_text){option.ptr, before};
    *table = dot ? (sluice_text){dot + 1, option.len - before - 1} : option;
}

void script_history_name(struct sql *sql, sluice_text option) {
    sluice_text schema, table;
    split(option, &schema, &table);
    if (schema.len) {
        sql_name(sql, schema);
        sql_add(sql, ".");
    }
    sql_add(sql, "import_history");
}

static void name_all(struct names *names, sluice_text option) {
    sluice_text schema, table;
    split(option, &schema, &table);
    if (schema.len) {
        sql_name(&names->schema, schema);
        sql_add(&names->prefix, "%s.", names->schema.text);
    } else {
        sql_add(&names->prefix, "%s", "");
    }
    sql_bytes(&names->table, names->prefix.text, names->prefix.length);
    sql_name(&names->table, table);
    script_history_name(&names->history, option);
}

static void free_names(struct names *names) {
    sql_free(&names->schema);
    sql_free(&names->prefix);
    sql_free(&names->table);
    sql_free(&names->history);
}

/* A text in quotes. */
static void add_literal(struct sql *sql, const struct sql *text) {
    sql_add(sql, "'");
    for (size_t i = 0; i < text->length; i++)
        sql_bytes(sql, text->text[i] == '\'' ? "''" : text->text + i, text->text[i] == '\'' ? 2 : 1);
    sql_add(sql, "'");
}

/* ---- tables ------------------------------------------------------------------------------- */

static void create_tables(struct sql *sql, const struct names *names) {
    sql_add(sql, "CREATE TABLE IF NOT EXISTS %s (\n", names->table.text);
    for (size_t i = 0; i < order_column_count; i++)
        sql_add(sql, "    %s %s,\n", order_columns[i].name, order_columns[i].definition);
    sql_add(sql, "    UNIQUE (order_id, provider, account)\n);\n");
    sql_add(sql,
            "CREATE TABLE IF NOT EXISTS %s (\n"
            "    id bigserial PRIMARY KEY,\n"
            "    filename text,\n"
            "    rows_imported bigint,\n"
            "    rows_skipped bigint,\n"
            "    import_date timestamptz NOT NULL DEFAULT now()\n"
            ");\n\n",
            names->history.text);
}

/* A column that is added to rows can't be required without a value for them. */
static void add_columns(struct sql *sql, const struct names *names) {
    sql_add(sql, "-- What a table of an older system lacks.\nALTER TABLE %s", names->table.text);
    for (size_t i = 0; i < order_column_count; i++) {
        const char *definition = order_columns[i].definition, *end = strstr(definition, " NOT NULL");
        size_t length =
            end && !strstr(definition, "DEFAULT") ? (size_t)(end - definition) : strlen(definition);
        if (strcmp(order_columns[i].name, "id") == 0) /* the table may have another primary key */
            definition = "bigserial UNIQUE", length = strlen(definition);
        sql_add(sql, "%s\n    ADD COLUMN IF NOT EXISTS %s %.*s", i ? "," : "", order_columns[i].name,
                (int)length, definition);
    }
    sql_add(sql, ";\n\n");
}

/* ---- what belongs to them ----------------------------------------------------------------- */

/* Whatever does the work already, under any name, is left alone. */
static const char keys_and_indexes[] =
    "    IF NOT EXISTS (\n"
    "        SELECT FROM pg_index AS i WHERE i.indrelid = orders AND i.indisunique AND i.indisvalid\n"
    "        AND i.indpred IS NULL AND i.indexprs IS NULL AND (\n"
    "            SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute AS a\n"
    "            WHERE a.attrelid = orders AND a.attnum = ANY (i.indkey[:i.indnkeyatts - 1])\n"
    "        ) IN (ARRAY['order_id'], ARRAY['account', 'order_id', 'provider'])\n"
    "    ) THEN\n"
    "        EXECUTE format('CREATE UNIQUE INDEX ON %s (order_id, provider, account)', orders);\n"
    "    END IF;\n"
    "    FOREACH wanted IN ARRAY ARRAY['imei', 'status', 'order_date', 'created_at'] LOOP\n"
    "        IF NOT EXISTS (\n"
    "            SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = "
    "i.indkey[0]\n"
    "            WHERE i.indrelid = orders AND a.attname = wanted AND i.indpred IS NULL AND i.indisvalid\n"
    "        ) THEN\n"
    "            EXECUTE format('CREATE INDEX ON %s (%I %s)', orders, wanted,\n"
    "                           CASE WHEN wanted IN ('order_date', 'created_at') THEN 'DESC' ELSE 'ASC' "
    "END);\n"
    "        END IF;\n"
    "    END LOOP;\n"
    "    IF NOT EXISTS (\n"
    "        SELECT FROM pg_index AS i WHERE i.indrelid = orders AND i.indisvalid\n"
    "        AND pg_get_expr(i.indpred, i.indrelid) LIKE '%import-%'\n"
    "    ) AND EXISTS (\n"
    "        SELECT FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid\n"
    "        WHERE a.attrelid = orders AND a.attname = 'order_id' AND t.typcategory = 'S'\n"
    "    ) THEN -- of orders that an import made up an id for\n"
    "        EXECUTE format('CREATE INDEX ON %s (imei) WHERE order_id LIKE ''import-%%''', orders);\n"
    "    END IF;\n";

static const char trigger[] =
    "    IF NOT EXISTS (\n"
    "        SELECT FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid\n"
    "        WHERE t.tgrelid = orders AND NOT t.tgisinternal AND t.tgtype & 16 <> 0\n"
    "        AND (p.prosrc ILIKE '%updated_at%' OR encode(t.tgargs, 'escape') ILIKE '%updated_at%')\n"
    "    ) THEN\n"
    "        EXECUTE format('CREATE TRIGGER sluice_updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE "
    "FUNCTION "
    "%s',\n"
    "                       orders, touch);\n"
    "    END IF;\n";

static const char grants[] =
    "    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role') THEN\n"
    "        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s, %s TO service_role', orders, "
    "history);\n"
    "        FOR wanted IN\n"
    "            SELECT d.objid::regclass::text FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid\n"
    "            WHERE d.refobjid IN (orders, history) AND d.deptype IN ('a', 'i') AND c.relkind = 'S'\n"
    "        LOOP\n"
    "            EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO service_role', wanted);\n"
    "        END LOOP;\n"
    "        EXECUTE format('GRANT USAGE ON SCHEMA %s TO service_role',\n"
    "                       (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = orders));\n"
    "    END IF;\n";

static void complete(struct sql *sql, const struct names *names) {
    sql_add(sql,
            "CREATE OR REPLACE FUNCTION %ssluice_updated_at() RETURNS trigger\n"
            "LANGUAGE plpgsql SET search_path = '' AS $touch$\n"
            "BEGIN\n"
            "    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN\n"
            "        NEW.updated_at = now();\n"
            "    END IF;\n"
            "    RETURN NEW;\n"
            "END $touch$;\n\n",
            names->prefix.text);
    sql_add(sql, "DO $complete$\nDECLARE\n    orders regclass := ");
    add_literal(sql, &names->table);
    sql_add(sql, ";\n    history regclass := ");
    add_literal(sql, &names->history);
    sql_add(sql, ";\n    touch regprocedure := ");
    struct sql touch = {0};
    sql_add(&touch, "%ssluice_updated_at()", names->prefix.text);
    add_literal(sql, &touch);
    sql->failed |= touch.failed;
    sql_free(&touch);
    sql_add(sql, ";\n    wanted text;\nBEGIN\n");
    sql_bytes(sql, keys_and_indexes, sizeof keys_and_indexes - 1);
    sql_bytes(sql, trigger, sizeof trigger - 1);
    sql_bytes(sql, grants, sizeof grants - 1);
    sql_add(sql, "END $complete$;\n\n");
}

/* Without a policy row-level security keeps everyone out but the service key and the table's owner. */
static void close_to_others(struct sql *sql, const struct names *names) {
    sql_add(sql,
            "-- The public (anon) key sees nothing of it.\n"
            "ALTER TABLE %s ENABLE ROW LEVEL SECURITY;\n"
            "ALTER TABLE %s ENABLE ROW LEVEL SECURITY;\n\n",
            names->table.text, names->history.text);
}

void script_write(struct sql *sql, sluice_text table) {
    struct names names = {0};
    name_all(&names, table);
    sql->failed |= names.schema.failed | names.prefix.failed | names.table.failed | names.history.failed;
    if (!sql->failed) {
        sql_add(sql, "-- The tables of orders. It may be run at any time: what is missing is added, what is "
                     "there is used\n-- as it is, nothing is dropped.\n"
                     "BEGIN;\nSET LOCAL lock_timeout = '15s';\nSET LOCAL statement_timeout = 0;\n\n");
        if (names.schema.length)
            sql_add(sql, "CREATE SCHEMA IF NOT EXISTS %s;\n", names.schema.text);
        create_tables(sql, &names);
        add_columns(sql, &names);
        complete(sql, &names);
        close_to_others(sql, &names);
        sql_add(sql, "NOTIFY pgrst, 'reload schema';\nCOMMIT;\n");
    }
    free_names(&names);
}
