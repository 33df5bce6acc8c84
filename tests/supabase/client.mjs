// What the official client reads and writes, for tests and measurements.
//   client.mjs read TABLE        every row, ordered by order_id, as one JSON line each
//   client.mjs write TABLE FILE  the rows of a JSON file in, 1000 at a time
import { readFileSync } from "node:fs";
import { createClient } from "@supabase/supabase-js";

const client = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_KEY);
const [, , verb, table, file] = process.argv;

function must({ data, error }) {
    if (error) throw new Error(error.message);
    return data;
}

if (verb === "read") {
    for (let from = 0, page = [0]; page.length; from += page.length) {
        page = must(await client.from(table).select("*").order("order_id").range(from, from + 999));
        for (const row of page) console.log(JSON.stringify(row));
    }
} else {
    const rows = JSON.parse(readFileSync(file, "utf8")), size = Number(process.env.ROWS_A_CALL ?? 1000);
    for (let from = 0; from < rows.length; from += size)
        must(await client.from(table).upsert(rows.slice(from, from + size), { onConflict: "order_id" }));
}
