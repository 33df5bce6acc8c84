/* balance.c - accountinfo: the credit of the account. */
#include <sluice/amount.h>
#include <sluice/text.h>

#include "query.h"

/* The API's own spelling is AccoutInfo; look-alikes write it right, and have the plain number as creditraw.
 */
static void read_account(const struct provider *provider, sluice_call *call, struct reply *reply,
                         sluice_text item) {
    char amount_room[AMOUNT_TEXT], currency_room[CURRENCY_TEXT];
    sluice_text info = reply_member(item, "AccoutInfo");
    if (!info.ptr)
        info = reply_member(item, "AccountInfo");
    if (!info.ptr)
        return;
    sluice_text credit = reply_member_text(reply, info, "credit");
    sluice_text amount = amount_read(reply_member_text(reply, info, "creditraw"), amount_room);
    sluice_text currency = amount_currency(reply_member_text(reply, info, "currency"), currency_room);
    if (!amount.ptr)
        amount = amount_read(credit, amount_room);
    if (!currency.ptr)
        currency = amount_currency(credit, currency_room);
    provider->host->balance(call, amount, currency);
}

const struct query query_balance = {
    .op = SLUICE_OP_BALANCE,
    .action = "accountinfo",
    .read = read_account,
};
