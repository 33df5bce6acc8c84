-- What the scripts of tests/run ask of a SQLite file, for the same scripts on Postgres.
CREATE SCHEMA sqlite;
CREATE FUNCTION sqlite.json_extract(text, text) RETURNS text LANGUAGE sql
    AS $$ SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) #>> '{}' $$;
CREATE FUNCTION sqlite.joined(text, text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce($1 || ',', '') || $2 $$;
CREATE AGGREGATE sqlite.group_concat(text) (sfunc = sqlite.joined, stype = text);
CREATE FUNCTION sqlite.counted(bigint, boolean) RETURNS bigint LANGUAGE sql AS $$ SELECT $1 + $2::int $$;
CREATE AGGREGATE sqlite.sum(boolean) (sfunc = sqlite.counted, stype = bigint, initcond = 0);
