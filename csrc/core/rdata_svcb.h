/* rdata_svcb.h: the keys of the parameters of SVCB and HTTPS (IANA "Service Parameter Keys"), for the files that read,
 * check and print them. */
#ifndef US_RDATA_SVCB_H
#define US_RDATA_SVCB_H

#include "rdata.h"

enum {
    MANDATORY,
    ALPN,
    NO_DEFAULT_ALPN,
    PORT,
    IPV4HINT,
    ECH,
    IPV6HINT,
    DOHPATH,
    OHTTP,
    TLS_SUPPORTED_GROUPS,
    DOCPATH,
    KEY_NAMES,
    KEY_INVALID = 65535,
    PARAM_HEAD = 4,
};

/* By number, KEY_NAMES of them. */
extern const char *const us_svc_key_names[];

/* What is wrong with parameters that are framed well; NULL: nothing. */
const char *us_svc_params_problem(const uint8_t *p, size_t length);

#endif
