/* wire.h: what the bindings of messages share: key.c, query.c, transfer.c, request.c, inbound.c. */
#ifndef L_WIRE_H
#define L_WIRE_H

#include "util.h"

/* Argument `arg` as a key, or NULL for nil and none. */
const us_key *l_opt_key(lua_State *L, int arg);

/* Argument `arg` as seconds since the epoch. */
uint64_t l_check_time(lua_State *L, int arg);

/* Pushes the transfer that answers `query`, or nil and an error: of the zone, or of the diff if there is one. `key` is
 * the index of the object that holds the query's key, which the transfer keeps alive. */
int l_push_transfer(lua_State *L, us_zone *zone, const us_diff *diff, const us_query *query, int key);

/* Takes the transfer out of the object at `arg`, which is closed by that; its key lasts as long as the object. */
us_transfer *l_take_transfer(lua_State *L, int arg);

void l_open_transfer(lua_State *L);

/* Pushes the transfer that `request` asked for, or nil and an error. `owner` is the index of the object that keeps the
 * request's key alive. */
int l_push_inbound(lua_State *L, const us_request *request, us_zone *have, const us_inbound_limits *limits, int owner);

void l_open_inbound(lua_State *L);

#endif
