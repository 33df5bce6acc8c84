#include "route.h"

#include <string.h>

#include <sluice/text.h>

#include "pages.h"

static const struct route routes[] = {
    {"GET", "/", page_submit_show, 0},
    {"POST", "/preview", page_submit_send, ROUTE_UPLOAD},
    {"GET", "/drafts/*", page_draft_show, 0},
    {"GET", "/drafts/*/bad.csv", page_draft_bad, 0},
    {"POST", "/drafts/*/order", page_draft_order, 0},
    {"GET", "/jobs", page_jobs_show, 0},
    {"GET", "/jobs/*", page_job_show, 0},
    {"GET", "/jobs/*/events", page_job_events, 0},
    {"GET", "/jobs/*/rows.csv", page_job_csv, 0},
    {"GET", "/orders", page_orders_show, 0},
    {"POST", "/orders", page_orders_show, ROUTE_UPLOAD},
    {"GET", "/orders/export", page_orders_export, 0},
    {"POST", "/orders/export", page_orders_export, ROUTE_UPLOAD},
    {"GET", "/order/*", page_order_show, 0},
    {"POST", "/order/*/check", page_order_check, 0},
    {"GET", "/services", page_services_show, 0},
    {"GET", "/ledger", page_ledger_show, 0},
    {"POST", "/ledger/settle", page_ledger_settle, 0},
    {"GET", "/ledger/*", page_entry_show, 0},
    {"POST", "/ledger/*/resolve", page_entry_resolve, 0},
    {"GET", "/status", page_status_show, 0},
    {"POST", "/pause", page_status_pause, 0},
    {"POST", "/resume", page_status_resume, 0},
    {"GET", "/login", page_login_show, ROUTE_OPEN},
    {"POST", "/login", page_login_try, ROUTE_OPEN},
    {"GET", "/enter", page_login_enter, ROUTE_OPEN},
    {"POST", "/logout", page_logout, 0},
    {"GET", "/assets/*", page_asset, ROUTE_OPEN},
    {"POST", "/api/orders", api_orders_post, ROUTE_API | ROUTE_UPLOAD},
    {"GET", "/api/orders", api_orders_get, ROUTE_API},
    {"GET", "/api/jobs", api_jobs_get, ROUTE_API},
    {"GET", "/api/jobs/*", api_job_get, ROUTE_API},
    {"GET", "/api/jobs/*/events", page_job_events, ROUTE_API},
    {"GET", "/api/services", api_services_get, ROUTE_API},
    {"GET", "/api/status", api_status_get, ROUTE_API},
};

/* One * stands for a part that isn't empty. */
static bool matches(const char *pattern, const char *path, sluice_text *part) {
    const char *star = strchr(pattern, '*');
    size_t before = star ? (size_t)(star - pattern) : 0;
    if (!star)
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, before) != 0)
        return false;
    const char *begin = path + before, *end = strchrnul(begin, '/');
    *part = (sluice_text){begin, (uint64_t)(end - begin)};
    return end > begin && strcmp(star + 1, end) == 0;
}

const struct route *route_find(const char *method, const char *path, sluice_text *part, bool *other_method) {
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!matches(routes[i].path, path, part))
            continue;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}
