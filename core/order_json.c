#include "order_json.h"

#include "clock.h"

static void put(struct json *json, const char *key, const char *value) {
    json_key(json, key);
    json_string(json, value);
}

static void put_number(struct json *json, const char *key, int64_t value) {
    json_key(json, key);
    json_number(json, value);
}

static void put_time(struct json *json, const char *key, int64_t wall_ms) {
    char text[CLOCK_TEXT];
    put(json, key, wall_ms ? clock_format(wall_ms, text) : NULL);
}

static void put_day(struct json *json, int32_t day) {
    char text[CLOCK_TEXT];
    clock_format((int64_t)day * 24 * 60 * 60 * 1000, text);
    text[10] = 0;
    put(json, "day", text);
}

void order_json(struct json *json, const struct order_row *row) {
    char key[33], price[MONEY_TEXT];
    order_key_text(&row->key, key);
    put(json, "key", key);
    put_number(json, "generation", row->gen);
    put(json, "state", order_state_name(row->state));
    put(json, "identifier", row->identifier);
    put(json, "service", row->service);
    put(json, "provider", row->provider);
    put(json, "account", row->account);
    put(json, "order_id", row->order_id);
    put(json, "price", row->price == MONEY_NONE ? NULL : money_format(row->price, price));
    put(json, "currency", row->currency);
    put(json, "pipeline", row->pipeline);
    put_number(json, "run", row->run);
    put_number(json, "row", (int64_t)row->row);
    put_number(json, "call", row->call);
    put_number(json, "attempt", row->attempt);
    put_day(json, ledger_utc_day(row->quarter));
    put_time(json, "claimed", row->claimed_ms);
    put_time(json, "sent", row->sent_ms);
    put_time(json, "changed", row->changed_ms);
    put(json, "parameters", row->parameters);
    put(json, "code", row->code);
    put(json, "reason", row->reason);
}

void event_json(struct json *json, const struct event_row *event) {
    json_open(json, '{');
    put_time(json, "at", event->at_ms);
    put(json, "transition", transition_name(event->transition));
    put(json, "from", event->from == ORDER_NONE ? NULL : order_state_name(event->from));
    put(json, "to", order_state_name(event->to));
    put_number(json, "run", event->run);
    put(json, "who", event->who);
    put(json, "code", event->code);
    put(json, "reason", event->reason);
    put(json, "evidence", event->evidence);
    json_close(json, '}');
}
