/* us.h: the public face of libunderstudy, the C core that knows DNS and no Lua.
 *
 * Conventions. Names, rdata and messages are octets in wire form; a "wire name" is uncompressed and ends in
 * its root label, so it carries its own length. Functions that can fail return a us_status; results come
 * through pointers that are written only on US_OK unless a comment says otherwise. What a function creates,
 * the caller frees with the matching _free or _unref. Nothing here prints, exits, logs or keeps global state,
 * and nothing blocks but us_resolver_wait and the reading of files.
 *
 * us_base.h has what all others need, us_report.h rules and findings, us_zone.h zones, us_alias.h what becomes of ALIAS,
 * POOL and URL, us_message.h messages and transfers.
 */
#ifndef US_H
#define US_H

#include "us_alias.h"
#include "us_base.h"
#include "us_message.h"
#include "us_report.h"
#include "us_zone.h"

#endif
