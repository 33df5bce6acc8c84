/* pages.h - who answers which address; each page has a file of its own. */
#ifndef FORM_PAGES_H
#define FORM_PAGES_H

#include "request.h"

typedef enum MHD_Result page_answer(struct request *request);

page_answer page_asset;
page_answer page_login_show, page_login_try, page_login_enter, page_logout;
page_answer page_submit_show, page_submit_send;
page_answer page_draft_show, page_draft_order, page_draft_bad, page_draft_gone;
page_answer page_jobs_show, page_job_show, page_job_events, page_job_csv;
page_answer page_orders_show, page_orders_export, page_order_show, page_order_check;
page_answer page_services_show;
page_answer page_ledger_show, page_ledger_settle, page_entry_show, page_entry_resolve;
page_answer page_status_show, page_status_pause, page_status_resume;

page_answer api_orders_post, api_orders_get, api_jobs_get, api_job_get, api_services_get, api_status_get;

#endif
