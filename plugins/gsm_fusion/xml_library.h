/* xml_library.h - libxml2, loaded when the first component is opened.
 *
 * Never linked: `sluice lint` and `sluice plugins list` look at this plugin without paying for it. */
#ifndef GSM_FUSION_XML_LIBRARY_H
#define GSM_FUSION_XML_LIBRARY_H

#include <libxml/parser.h>

#include <sluice/host.h>

#define XML_SYMBOLS(X) \
    X(xmlCreatePushParserCtxt) \
    X(xmlCtxtResetPush) \
    X(xmlCtxtUseOptions) \
    X(xmlDictSize) \
    X(xmlFreeParserCtxt) \
    X(xmlInitParser) \
    X(xmlParseChunk) \
    X(xmlStopParser)

#define XML_MEMBER(symbol) __typeof__(symbol) *symbol;

struct xml_library {
    XML_SYMBOLS(XML_MEMBER)
};

/* Load it once; later calls only return it. NULL: SLUICE_E_UNAVAILABLE with the package to install. */
const struct xml_library *xml_library_load(const sluice_host *host, sluice_error *error);

#endif
