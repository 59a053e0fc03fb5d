/* lookup.h: lookups and addresses as Lua tables, shared by answers.c and resolver.c. */
#ifndef L_LOOKUP_H
#define L_LOOKUP_H

#include "util.h"

/* Argument `arg` as the type of an address record. */
uint16_t l_check_address_type(lua_State *L, int arg);

/* Pushes {target=, type=, outcome=, failure=, ttl=, addresses={…}, chain={…}, error=}; failure and error are nil
 * without one. */
void l_push_lookup(lua_State *L, const us_lookup *lookup);

/* Reads such a table, or raises. `arg` must be positive. */
void l_check_lookup(lua_State *L, int arg, us_lookup *out);

/* A list of addresses as text, and back. The reader takes the list in field "addresses" of the table at `index`. */
void l_push_addresses(lua_State *L, uint16_t type, const uint8_t (*addresses)[16], size_t count);
uint16_t l_read_addresses(lua_State *L, int index, uint16_t type, uint8_t (*out)[16]);

/* Sets fields of the table on top of the stack: a list of names; and of a failure, unless there is none. */
void l_set_chain(lua_State *L, const us_name *chain, size_t count);
void l_set_failure(lua_State *L, us_failure failure);

/* Fields of the table at `index`, a positive one. The target is required. */
void l_read_target(lua_State *L, int index, us_name *out);
uint16_t l_read_address_type(lua_State *L, int index);
us_outcome l_read_outcome(lua_State *L, int index, const char *name);
us_failure l_read_failure(lua_State *L, int index);
uint8_t l_read_chain(lua_State *L, int index, us_name chain[US_CHAIN_MAX]);
void l_read_error(lua_State *L, int index, char *out, size_t size);

#endif
