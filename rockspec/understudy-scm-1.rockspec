rockspec_format = "3.0"
package = "understudy"
version = "scm-1"
source = { url = "git+https://github.com/understudy/understudy.git" }
description = {
  summary = "Replicates DNS zones to secondary providers",
  detailed = [[
Pulls a zone from where its owner edits it, turns ALIAS, POOL and URL into standard records, refuses
to pass on a broken zone, and keeps every secondary in step.]],
  labels = { "dns", "network" },
  license = "MIT",
}
dependencies = {
  "lua >= 5.4, < 5.5",
  "cqueues >= 20200726",
  "luaossl >= 20181207",
  "http >= 0.4",
  "basexx >= 0.4",
  "lua-cjson >= 2.1",
  "luafilesystem >= 1.8",
  "argparse >= 0.7",
  "luasql-sqlite3 >= 2.6",
}
external_dependencies = {
  LDNS = { header = "ldns/ldns.h", library = "ldns" },
  CARES = { header = "ares.h", library = "cares" },
  CRYPTO = { header = "openssl/crypto.h", library = "crypto" },
}
build = {
  type = "make",
  build_target = "build/rock/lib/understudy/core.so",
  install_target = "install-rock",
  build_variables = {
    BUILD = "build/rock",
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LIBFLAG = "$(LIBFLAG)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LDNS_INCDIR = "$(LDNS_INCDIR)",
    LDNS_LIBDIR = "$(LDNS_LIBDIR)",
    CARES_INCDIR = "$(CARES_INCDIR)",
    CARES_LIBDIR = "$(CARES_LIBDIR)",
    CRYPTO_INCDIR = "$(CRYPTO_INCDIR)",
    CRYPTO_LIBDIR = "$(CRYPTO_LIBDIR)",
  },
  install_variables = {
    BUILD = "build/rock",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    BINDIR = "$(BINDIR)",
  },
}
test = { type = "command", script = "spec/run.lua" }
