# Builds understudy: the C core, its Lua module and the command. `make help` lists the targets.
#
# BUILD=folder puts what is made somewhere else; SANITIZE=address,undefined builds with sanitizers.
# LuaRocks runs the same rules with its own CFLAGS, LIBFLAG and folders.

BUILD    ?= build
SANITIZE ?=
LUA      ?= lua5.4

PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
LUADIR  ?= $(PREFIX)/share/lua/5.4
LIBDIR  ?= $(PREFIX)/lib/lua/5.4
DEPSDIR ?= $(PREFIX)/share/understudy
INCDIR  ?= $(PREFIX)/include
ARCHIVEDIR ?= $(PREFIX)/lib

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS     ?= -O3 -g
LIBFLAG    ?= -shared
LUA_INCDIR ?= $(firstword $(wildcard /usr/include/lua5.4 /usr/local/include/lua5.4) /usr/include)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror=vla
override CFLAGS   += -std=gnu11 -pthread -fPIC -fvisibility=hidden $(WARNINGS)
override CPPFLAGS += -Icsrc/core $(addprefix -I,$(LDNS_INCDIR) $(CARES_INCDIR) $(CRYPTO_INCDIR))
LIBS := $(addprefix -L,$(LDNS_LIBDIR) $(CARES_LIBDIR) $(CRYPTO_LIBDIR)) -lldns -lcares -lcrypto -pthread

HERE := $(abspath $(BUILD))
LUA_HOST := $(LUA)
ifneq ($(SANITIZE),)
  # US_PORTABLE: with these all tests also run on the code of processors without SSE2.
  override CPPFLAGS += -DUS_PORTABLE
  override CFLAGS  += -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
  # nodelete: lua_close must not unload the module before the leaks in it have been named.
  override LDFLAGS += -fsanitize=$(SANITIZE) -Wl,-z,nodelete
  # A Lua with the sanitizers in it, also for the specs that start "lua5.4".
  LUA_HOST := $(HERE)/host/$(LUA)
  SYSTEM_LUA := $(firstword $(filter-out $(LUA_HOST),$(shell which -a $(LUA))))
  export PATH := $(HERE)/host:$(PATH)
endif

CORE_OBJECTS := $(patsubst csrc/%.c,$(BUILD)/obj/%.o,$(wildcard csrc/core/*.c))
LUA_OBJECTS  := $(patsubst csrc/%.c,$(BUILD)/obj/%.o,$(wildcard csrc/lua/*.c))
C_TESTS      := $(patsubst csrc/test/%.c,$(BUILD)/test/%,$(wildcard csrc/test/test_*.c))
FUZZERS      := $(patsubst csrc/fuzz/fuzz_%.c,%,$(wildcard csrc/fuzz/fuzz_*.c))
REPLAYS      := $(FUZZERS:%=$(BUILD)/test/replay_%)

MODULE  := $(BUILD)/lib/understudy/core.so
LIBRARY := $(BUILD)/libunderstudy.a
COMMAND := $(BUILD)/understudy

# Where Lua looks, for everything that is started from here; ";;" stands for Lua's own folders.
export LUA_PATH_5_4  := $(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(HERE)/deps/?.lua;$(HERE)/deps/?/init.lua;;
export LUA_CPATH_5_4 := $(HERE)/lib/?.so;;
export UNDERSTUDY_BUILD := $(HERE)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

# ---------------------------------------------------------------- building

.PHONY: all
all: $(LIBRARY) $(MODULE) $(COMMAND) $(filter /%,$(LUA_HOST)) links ## build the library, the Lua module and the command

$(BUILD)/obj/%.o: csrc/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(if $(filter lua/% test/test_lua%,$*),-I$(LUA_INCDIR)) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(CORE_OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(MODULE): $(LUA_OBJECTS) $(CORE_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(LIBFLAG) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/test/%: $(BUILD)/obj/test/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# This one is a Lua with the module in it.
$(BUILD)/test/test_lua_memory: $(BUILD)/obj/test/test_lua_memory.o $(LUA_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -llua5.4 $(LIBS)

# The fuzz targets without a fuzzer, over the inputs that the tree keeps.
$(BUILD)/test/replay_%: $(BUILD)/obj/fuzz/fuzz_%.o $(BUILD)/obj/fuzz/replay.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Lua is not built here, so the sanitizers' runtime is preloaded into it, and into nothing that it starts.
define sanitized_lua
#!/bin/sh
# Starts Lua with the sanitizers in it. Made by make.
LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $(HERE)/host/unpreload.so $$LD_PRELOAD" exec $(SYSTEM_LUA) "$$@"

endef

$(HERE)/host/$(LUA): Makefile $(HERE)/host/unpreload.so
	$(file >$@,$(sanitized_lua))@chmod +x $@

$(HERE)/host/unpreload.so: csrc/test/unpreload.c | $(HERE)/host
	$(CC) -shared -fPIC -o $@ $<

# Preloaded into a daemon by specs.
$(BUILD)/test/faulty_disk.so: csrc/test/faulty_disk.c
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 $(WARNINGS) -o $@ $<

-include $(wildcard $(BUILD)/obj/*/*.d)

# The command: $(1) its folder, then those of Lua modules, of linked modules and of C modules. It finds them from
# where it stands itself, so that checkout and installation can be moved.
from = $$here/$(shell realpath -m --relative-to=$(1) $(2))
paths = $(from)/?.lua;$(from)/?/init.lua
define command
#!/bin/sh
# Starts understudy with its own modules before all others. Made by make.
self=$$0
[ ! -h "$$self" ] || self=$$(readlink -f -- "$$self") || exit
case $$self in /*) ;; *) self=$$PWD/$$self ;; esac
here=$${self%/*}
LUA_PATH_5_4="$(call paths,$(1),$(2));$(call paths,$(1),$(3));$${LUA_PATH_5_4:-;}"
LUA_CPATH_5_4="$(call from,$(1),$(4))/?.so;$${LUA_CPATH_5_4:-;}"
export LUA_PATH_5_4 LUA_CPATH_5_4
exec $(LUA_HOST) "$(call from,$(1),$(2))/understudy/cli/main.lua" "$$@"

endef

$(BUILD) $(HERE)/host:
	@mkdir -p $@

$(COMMAND): Makefile | $(BUILD)
	$(file >$@,$(call command,$(BUILD),lua,$(BUILD)/deps,$(BUILD)/lib))@chmod +x $@

# Pure Lua modules that Debian packs for other versions of Lua only.
LINKED := http lpeg_patterns basexx fifo binaryheap

.PHONY: links
links:
	@mkdir -p $(BUILD)/deps
	@for module in $(LINKED); do \
	  for file in /usr/share/lua/5.4 /usr/share/lua/5.3 /usr/share/lua/5.1; do \
	    if [ -d $$file/$$module ]; then ln -sfn $$file/$$module $(BUILD)/deps/$$module; break; \
	    elif [ -f $$file/$$module.lua ]; then ln -sf $$file/$$module.lua $(BUILD)/deps/$$module.lua; break; fi; \
	  done; \
	done

.PHONY: env
env: ## print the environment in which Lua finds understudy: eval "$(make -s env)"
	@printf "export %s='%s'\n" LUA_PATH_5_4 '$(LUA_PATH_5_4)' LUA_CPATH_5_4 '$(LUA_CPATH_5_4)'

# ---------------------------------------------------------------- Debian packages

STORE_PACKAGES := postgresql
BUILD_PACKAGES := gcc libc6-dev make liblua5.4-dev libldns-dev libc-ares-dev libssl-dev
RUN_PACKAGES   := lua5.4 lua-cqueues lua-luaossl lua-http lua-basexx lua-binaryheap lua-fifo lua-lpeg lua-lpeg-patterns \
                  lua-filesystem lua-readline lua-cjson lua-argparse lua-sql-sqlite3 lua-sql-postgres
DEMO_PACKAGES  := nsd bind9-dnsutils
TEST_PACKAGES  := lua-busted lua-check luarocks clang-format clang-tidy cppcheck valgrind procps \
                  knot knot-dnsutils knot-dnssecutils bind9 bind9-utils ldnsutils validns \
                  pdns-server pdns-backend-bind pdns-backend-sqlite3 sqlite3 openssl faketime spin \
                  iproute2 nftables pkgconf prometheus

.PHONY: deps deps-demo
deps: ## install all that building, the demo, tests and lint need (Debian 12)
	@.ci/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(DEMO_PACKAGES) $(TEST_PACKAGES) $(STORE_PACKAGES)

deps-demo:
	@.ci/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(DEMO_PACKAGES)

# ---------------------------------------------------------------- demo and tests

# A second make builds, because it finds the packages that the first has installed.
QUICK_MAKE := $(MAKE) --no-print-directory --silent -j $(shell nproc)

.PHONY: demo
demo: deps-demo ## install what is missing, build, and show understudy at work
	@$(QUICK_MAKE) all
	@examples/demo

.PHONY: test
test: deps ## install what is missing, build, and run all tests; BUSTED=… passes options to busted
	@$(QUICK_MAKE) all c-tests
	@LUA_HOST='$(LUA_HOST)' BUSTED='$(BUSTED)' .ci/test $(C_TESTS) $(REPLAYS)

.PHONY: c-tests
c-tests: $(C_TESTS) $(REPLAYS)

.PHONY: test-c
test-c: c-tests ## run the C tests alone; what fails is shown
	@for test in $(C_TESTS) $(REPLAYS); do \
	  timeout 300 $$test >$(BUILD)/test/said 2>&1 || { cat $(BUILD)/test/said; echo "$$test failed"; exit 1; }; done

.PHONY: sanitize
sanitize: ## run all tests with the address and undefined behaviour sanitizers
	@$(MAKE) --no-print-directory test BUILD=build/sanitize SANITIZE=address,undefined

VALGRIND := valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
            --error-exitcode=1 --num-callers=40 --suppressions=csrc/test/valgrind.supp

# These count allocations that valgrind takes over.
.PHONY: valgrind
valgrind: all c-tests ## run the C tests and the specs of the core under valgrind
	@for test in $(filter-out %_memory,$(C_TESTS)) $(REPLAYS); do $(VALGRIND) $$test || exit; done
	@$(VALGRIND) $(LUA) spec/run.lua $(foreach part,parse zone check diff,spec/$(part)_spec.lua)

.PHONY: differential
differential: all ## compare thousands of changed zones with BIND, Knot and ldns; UNDERSTUDY_MUTATIONS=, UNDERSTUDY_SEED=
	@UNDERSTUDY_MUTATIONS=$${UNDERSTUDY_MUTATIONS:-2000} $(LUA_HOST) spec/run.lua spec/differential_mutated_spec.lua

.PHONY: limits
limits: all ## read files of 1 GB, a line of 64 MiB, a million errors; needs 4 GB of memory
	@UNDERSTUDY_LIMITS=1 $(LUA_HOST) spec/run.lua spec/limits_spec.lua

# Programs for libFuzzer, one for each csrc/fuzz/fuzz_<part>.c, with its first inputs in csrc/fuzz/seeds/<part>. What
# they find is in $(BUILD)/fuzz/<part>.corpus.
FUZZ_SECONDS ?= 60

KILLS ?= 200

.PHONY: crash
crash: all ## kill the daemon KILLS times under load, on SQLite and on PostgreSQL, and look for what was lost
	@$(LUA) spec/crash.lua $(KILLS) && $(LUA) spec/crash.lua $(KILLS) postgresql

HISTORIES ?= 10000

.PHONY: simulate
simulate: all ## run the engine through HISTORIES histories of faults, on all cores; SEED= is the first
	@$(LUA) spec/simulation/run.lua $${SEED:-1} $(HISTORIES) $(shell nproc)

.PHONY: fuzz
fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%) $(REPLAYS) ## feed the core random input for FUZZ_SECONDS a part (needs clang)
	@for part in $(FUZZERS); do mkdir -p $(BUILD)/fuzz/$$part.corpus; \
	  $(BUILD)/test/replay_$$part unpack $(BUILD)/fuzz/$$part.corpus || exit; \
	  $(BUILD)/fuzz/$$part -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/$$part. -verbosity=0 \
	    -dict=csrc/fuzz/text.dict -max_len=4096 $(BUILD)/fuzz/$$part.corpus csrc/fuzz/seeds/$$part || exit; done

$(BUILD)/fuzz/%: csrc/fuzz/fuzz_%.c $(wildcard csrc/core/*)
	@mkdir -p $(@D)
	clang $(CPPFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
	  $< $(wildcard csrc/core/*.c) $(LIBS)

.PHONY: docs
docs: all ## write docs/lua.md and docs/checks.md from the reference and the rules
	@$(LUA_HOST) -e 'io.write(require("understudy.reference.markdown").page())' >$(BUILD)/lua.md
	@$(LUA_HOST) -e 'io.write(require("understudy.reference.checks").page())' >$(BUILD)/checks.md
	@mv $(BUILD)/lua.md $(BUILD)/checks.md docs/

BENCH_PACKAGES := dnsperf libunbound-dev knot bind9
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,measure drain lookup answers unbound)

.PHONY: bench deps-bench
bench: deps-bench ## install what is missing and measure beside other programs; RECORDS=, ROUNDS= and ROWS= choose what
	@$(QUICK_MAKE) all $(BENCH_PROGRAMS)
	@$(LUA_HOST) spec/bench/zone.lua

deps-bench:
	@.ci/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(DEMO_PACKAGES) $(TEST_PACKAGES) $(BENCH_PACKAGES)

$(BUILD)/bench/unbound: BENCH_LIBS := -lunbound

$(BUILD)/bench/%: spec/bench/%.c $(wildcard spec/bench/*.h) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LIBRARY) $(BENCH_LIBS) $(LIBS)

# ---------------------------------------------------------------- lint

C_FILES   := $(wildcard csrc/*/*.[ch] spec/bench/*.[ch] examples/*.c)
LUA_FILES := $(shell find lua spec examples -name '*.lua') $(wildcard rockspec/*.rockspec)

.PHONY: lint lint-c lint-lua lint-warnings
lint: deps ## check style and look for faults without running anything
	@$(MAKE) --no-print-directory lint-lua lint-warnings lint-c

lint-lua:
	@for file in $(LUA_FILES); do luac5.4 -p $$file || exit; done
	luacheck --quiet --no-color $(LUA_FILES) .luacheckrc .busted

lint-warnings:
	@$(QUICK_MAKE) all c-tests BUILD=$(BUILD)/lint CFLAGS='-O2 -Werror'

lint-c:
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
	  --suppress=missingIncludeSystem -Icsrc/core -j 2 $(wildcard csrc/*/*.c)
	printf '%s\n' $(wildcard csrc/core/*.c csrc/lua/*.c) | xargs -P 2 -n 4 sh -c \
	  'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- $(CPPFLAGS) -I$(LUA_INCDIR) -std=gnu11 2>/dev/null' clang-tidy

.PHONY: format
format: ## format the C files as lint wants them
	clang-format -i $(C_FILES)

# ---------------------------------------------------------------- installing

# The public headers, and the tables that they include.
PUBLIC := $(notdir $(wildcard csrc/core/us*.h csrc/core/rules*.def))

.PHONY: install install-modules install-library install-rock
install-modules: $(MODULE)
	@for file in $$(cd lua && find . -name '*.lua'); do \
	  install -D -m 644 lua/$$file '$(DESTDIR)$(LUADIR)'/$$file || exit; done
	install -D -m 755 $(MODULE) '$(DESTDIR)$(LIBDIR)/understudy/core.so'

install: all install-modules ## install below PREFIX (default /usr/local), staged in DESTDIR
	for file in $(PUBLIC); do \
	  install -D -m 644 csrc/core/$$file '$(DESTDIR)$(INCDIR)/'$$file || exit; done
	install -D -m 644 $(LIBRARY) '$(DESTDIR)$(ARCHIVEDIR)/libunderstudy.a'
	install -d '$(DESTDIR)$(DEPSDIR)' '$(DESTDIR)$(BINDIR)'
	cp -P $(BUILD)/deps/* '$(DESTDIR)$(DEPSDIR)/'
	$(file >$(BUILD)/understudy.installed,$(call command,$(BINDIR),$(LUADIR),$(DEPSDIR),$(LIBDIR)))\
	install -m 755 $(BUILD)/understudy.installed '$(DESTDIR)$(BINDIR)/understudy'

# What a program in C needs: pkg-config --cflags --libs understudy. The library is an archive, so what it needs itself
# is linked in every program.
define pkgconfig
Name: understudy
Description: DNS zones read, checked, flattened, compared and transferred
Version: $(shell sed -n 's/^return "\(.*\)"/\1/p' lua/understudy/version.lua)
Cflags: -I$(INCDIR)/understudy
Libs: -L$(ARCHIVEDIR) -lunderstudy $(LIBS)

endef

install-library: $(LIBRARY)
	install -d '$(DESTDIR)$(INCDIR)/understudy'
	install -m 644 $(PUBLIC:%=csrc/core/%) '$(DESTDIR)$(INCDIR)/understudy/'
	install -D -m 644 $(LIBRARY) '$(DESTDIR)$(ARCHIVEDIR)/libunderstudy.a'
	$(file >$(BUILD)/understudy.pc,$(pkgconfig))\
	install -D -m 644 $(BUILD)/understudy.pc '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig/understudy.pc'

# LuaRocks makes the command's wrapper itself.
install-rock: install-modules
	install -D -m 755 lua/understudy/cli/main.lua '$(DESTDIR)$(BINDIR)/understudy'

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
