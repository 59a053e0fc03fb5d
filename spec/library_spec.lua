-- The C library as another program gets it: installed, found by pkg-config, and used without Lua.
local command = require "spec.support.command"
local nsd = require "spec.support.nsd"

local WORLD <const> = [[
$TTL 300
@ SOA ns hostmaster 1 7200 3600 1209600 30
@ NS ns
ns A 127.0.0.1
cdn CNAME edge
edge 120 A 8.0.0.2
edge 120 A 8.0.0.1
edge 120 AAAA 2a00::1
inner A 10.0.0.1
]]

local ZONE <const> = [[
$ORIGIN example.com.
$TTL 3600
@ SOA ns1.example.net. hostmaster 7 7200 3600 1209600 300
@ NS ns1.example.net.
@ NS ns2.example.net.
@ ALIAS cdn.example.org.
www CNAME @
]]

describe("the installed library", function()
  local build <const> = command.program:match "^(.*)/"
  local folder, remove, world

  setup(function()
    folder, remove = command.folder { ["good.zone"] = ZONE, ["bad.zone"] = ZONE .. "in ALIAS inner.example.org.\n" }
    world = nsd.start { zones = { ["example.org."] = WORLD } }
  end)
  teardown(function()
    world:stop()
    remove()
  end)

  local function shell(line)
    return command.shell(line:gsub("@(%l+)", { build = build, folder = folder, server = world.server }))
  end

  it("builds the example by pkg-config, with its whole prefix somewhere else", function()
    local installed = shell [[env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
      make install-library BUILD=@build DESTDIR=@folder/stage PREFIX=/opt/understudy]]
    assert.equal(0, installed.status, installed.err)
    -- An archive with sanitizers in it wants them in the program too.
    local built = shell [[
      export PKG_CONFIG_PATH=@folder/stage/opt/understudy/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=@folder/stage
      pkg-config --exists --print-errors 'understudy >= 0' || exit
      nm @build/libunderstudy.a | grep -q __asan_ && sanitize=-fsanitize=address,undefined
      gcc -Wall -Wextra -Werror -std=gnu11 $sanitize -o @folder/flatten examples/flatten.c \
        $(pkg-config --cflags --libs understudy)]]
    assert.equal(0, built.status, built.err)
  end)

  it("flattens a zone as the command does", function()
    local own = shell "@folder/flatten @folder/good.zone @server"
    assert.same({ 0, "" }, { own.status, own.err })
    assert.matches("example%.com%.%s+120%s+IN%s+A%s+8%.0%.0%.1\n", own.out)
    assert.matches("example%.com%.%s+120%s+IN%s+AAAA%s+2a00::1\n", own.out)
    assert.equal(shell("$understudy flatten --resolver @server @folder/good.zone").out, own.out)
  end)

  it("says why a zone can't be published", function()
    local result = shell "@folder/flatten @folder/bad.zone @server"
    assert.same({ 1, "" }, { result.status, result.out })
    assert.matches("10.0.0.1 is private", result.err, 1, true)
    assert.equal(2, shell("@folder/flatten").status)
    assert.equal(2, shell("@folder/flatten @folder/good.zone localhost").status)
    assert.equal(2, shell("@folder/flatten @folder/absent.zone @server").status)
  end)
end)
