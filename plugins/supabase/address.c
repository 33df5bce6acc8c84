#include "address.h"

#include <stdbool.h>
#include <string.h>

const char *address_part(const PQconninfoOption *address, const char *keyword, const char *otherwise) {
    for (; address->keyword; address++)
        if (strcmp(address->keyword, keyword) == 0 && address->val && *address->val)
            return address->val;
    return otherwise;
}

/* By a '/' or '@' of the password. */
static bool is_torn(const PQconninfoOption *address) {
    const char *port = address_part(address, "port", "");
    return strchr(address_part(address, "host", ""), '@') ||
           strchr(address_part(address, "dbname", ""), '@') || port[strspn(port, "0123456789,")];
}

PQconninfoOption *address_parse(const char *uri) {
    char *problem = NULL;
    PQconninfoOption *address = pq.conninfoParse(uri, &problem);
    pq.freemem(problem); /* it may repeat the password */
    if (!address || !is_torn(address))
        return address;
    pq.conninfoFree(address);
    return NULL;
}
