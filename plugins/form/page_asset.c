/* The style sheet, the script, the icon. */
#include <string.h>

#include "asset.h"
#include "pages.h"
#include "reply.h"

enum MHD_Result page_asset(struct request *request) {
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(assets[i].path, request->path) == 0)
            return reply_asset(request, assets[i].type, assets[i].bytes, assets[i].count);
    return reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "There is no such file.");
}
