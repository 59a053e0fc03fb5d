-- The rock, made and installed by luarocks with no network, and the command that it installs.
local command = require "spec.support.command"

local CONFIG <const> = [[
rocks_servers = {}
rocks_provided = {
  cqueues = "20200726.54-0", luaossl = "20220711-0", http = "0.4-0", basexx = "0.4.1-0",
  ["lua-cjson"] = "2.1.0-0", luafilesystem = "1.8.0-0", argparse = "0.7.1-0",
  ["luasql-sqlite3"] = "2.6.0-0",
}
]]

local POLICY <const> = [[
return policy {
  zones = { "example.com" },
  source = source.file "%s.zone",
  targets = { target.secondary "ns1" { transfer = "192.0.2.1", notify = "192.0.2.1" } },
  checks = { rules "acme_rules" },
}
]]

describe("the rock", function()
  local folder, remove
  setup(function() folder, remove = command.folder { ["config.lua"] = CONFIG, ["policy.lua"] = POLICY } end)
  teardown(function() remove() end)

  local function luarocks(arguments)
    -- With the system's Lua, and not with the flags and modules of the make that runs this test.
    return command.shell(([[
      env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u SANITIZE -u LUA_PATH_5_4 -u LUA_CPATH_5_4 \
        PATH=/usr/local/bin:/usr/bin:/bin LUAROCKS_CONFIG=%s/config.lua luarocks --lua-version 5.4 --tree %s/tree %s]])
      :format(folder, folder, arguments))
  end

  it("is well described", function()
    local result = luarocks "lint rockspec/understudy-scm-1.rockspec"
    assert.same({ 0, "" }, { result.status, result.err })
  end)

  it("installs a command that runs from an empty folder", function()
    local made = luarocks "make rockspec/understudy-scm-1.rockspec"
    assert.equal(0, made.status, made.out .. made.err)
    local result = command.shell(([[
      mkdir %s/empty && cd %s/empty && unset LUA_PATH_5_4 LUA_CPATH_5_4 &&
      printf '@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.example.net.\n' |
        ../tree/bin/understudy print --origin example.com - ]]):format(folder, folder))
    assert.equal("", result.err)
    assert.matches("^example%.com%.[^\n]+SOA[^\n]+\nexample%.com%.[^\n]+NS[^\n]+\n$", result.out)
    assert.equal(0, result.status)
  end)

  it("takes up rules that come as a rock", function()
    local made = command.shell(([[
      cd examples/rules && env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 PATH=/usr/local/bin:/usr/bin:/bin \
        luarocks --lua-version 5.4 --tree %s/rules make --deps-mode none acme-rules-1.0-1.rockspec]]):format(folder))
    assert.equal(0, made.status, made.out .. made.err)
    local result = command.shell(([[
      cd %s && printf '@ 60 SOA a b 1 7200 3600 1209600 60\n@ 60 NS ns1.example.net.\n@ 60 MX 5 mx.example.net.\n' |
        LUA_PATH_5_4="$PWD/rules/share/lua/5.4/?.lua;$LUA_PATH_5_4" \
          $understudy check --policy policy.lua --origin example.com - ]]):format(folder))
    assert.matches("error acme%.mail: .*Mail does not go to the cluster", result.out)
    assert.matches("warning acme%.caa: ", result.out)
    assert.equal(1, result.status, result.err)
  end)
end)
