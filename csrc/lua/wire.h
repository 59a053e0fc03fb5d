/* wire.h: what the bindings of messages share: key.c, query.c, transfer.c and request.c. */
#ifndef L_WIRE_H
#define L_WIRE_H

#include "util.h"

/* Argument `arg` as a key, or NULL for nil and none. */
const us_key *l_opt_key(lua_State *L, int arg);

/* Argument `arg` as seconds since the epoch. */
uint64_t l_check_time(lua_State *L, int arg);

/* The mnemonic of a TSIG error, "BADKEY". */
const char *l_tsig_error_text(unsigned error);

/* Pushes the transfer that answers `query`, or nil and an error: of the zone, or of the diff if there is one. `key` is
 * the index of the object that holds the query's key, which the transfer keeps alive. */
int l_push_transfer(lua_State *L, us_zone *zone, const us_diff *diff, const us_query *query, int key);

void l_open_transfer(lua_State *L);

#endif
