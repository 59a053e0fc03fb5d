-- Zones whose names hold what shells, paths and URLs take for something else, all the way through.
local cjson = require "cjson"
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local http = require "understudy.server.http.client"
local nsd = require "spec.support.nsd"

-- Each with the name of its file.
local ZONES <const> = {
  ["0/26.2.0.192.in-addr.arpa."] = "0%2F26.2.0.192.in-addr.arpa.zone",
  ["a%2fb?c#d.example."] = "a%252fb%3Fc%23d.example.zone",
  ["it's|`touch<owned`.example."] = "it%27s%7C%60touch%3Cowned%60.example.zone",
  ["/etc/passwd."] = "%2Fetc%2Fpasswd.zone",
}

local POLICY <const> = [[
local names = { %s }
names[#names + 1] = zone "catalog.example" { source = source.catalog {} }
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:1" } },
  zones   = names,
  retry   = backoff { first = "0.1s", max = "0.2s" },
}
]]

local TEXT <const> = "$TTL 60\n@ SOA ns.example.net. h.example.net. %d 3600 600 86400 60\n@ NS ns.example.net.\n"
  .. "@ NS ns2.example.net.\n1 PTR host.example.net.\n"

describe("a zone of an odd name", function()
  local folder, remove, port, names

  before_each(function()
    port, names = nsd.free_port(), {}
    local files = {}
    for name, file in pairs(ZONES) do
      names[#names + 1], files[file] = name, TEXT:format(7)
    end
    table.sort(names)
    local written = {}
    for i, name in ipairs(names) do
      written[i] = ("%q"):format(name)
    end
    files["policy.lua"] = POLICY:format(table.concat(written, ", "), port)
    folder, remove = command.folder(files)
  end)

  after_each(function()
    remove()
  end)

  local function dig(name)
    local line = "dig +onesoa +noall +answer +time=5 +tries=1 @127.0.0.1 -p %d %s AXFR"
    local pipe <close> = assert(io.popen(line:format(port, command.quoted(name))))
    return pipe:read "a"
  end

  it("is served, asked about, held, told in a catalog and kept over restarts", function()
    local daemon = daemons.start(folder)
    finally(function() daemon:stop() end)
    local policy = folder .. "/policy.lua"
    for _, name in ipairs(names) do
      nsd.await(name .. " to be served", function()
        return dig(name):find("host.example.net.", 1, true)
      end)
      local frozen = command.run("freeze", "--reason", "x", "--policy", policy, name)
      assert.equal(0, frozen.status, frozen.err)
      -- What it says to type is typed, as it stands there.
      local word = assert(frozen.out:match "understudy (thaw .-)\n", frozen.out)
      local thawed = command.shell(("cd %s && $understudy %s --policy policy.lua"):format(command.quoted(folder), word))
      assert.equal(0, thawed.status, thawed.err)
      assert.equal(1, #cjson.decode(command.run("status", "--json", "--policy", policy, name).out).zones)
      assert.matches("PTR", command.run("explain", "--policy", policy, name, "1").out)
    end
    assert.is_nil(io.open(folder .. "/owned"))
    nsd.await("the catalog to list all", function()
      local listed, text = 0, dig("catalog.example."):gsub("[ \t]+", " ")
      for _, name in ipairs(names) do
        listed = listed + (text:find(" PTR " .. name .. "\n", 1, true) and 1 or 0)
      end
      return listed == #names
    end)
    daemon:stop "TERM"
    for _, name in ipairs(names) do -- the source is gone, the store has it
      assert(os.remove(folder .. "/" .. ZONES[name]))
    end
    daemon = daemons.start(folder)
    assert.truthy(dig(names[1]):find("host.example.net.", 1, true))
    assert.equal(0, command.run("store", "check", "--policy", policy).status)
  end)

  it("is no way to anything else of the control socket, nor to other files", function()
    local daemon <close> = daemons.start(folder)
    local function ask(path)
      return select(2, http.request(folder .. "/state/control.sock", "GET", path, 10))
    end
    for _, path in ipairs { "..%2f..%2fetc%2fpasswd", "../status", "%00", "%2e%2e", "example.com%00.",
      "%2fetc%2fshadow.", "a%252fb%3Fc%23d.example./nothing" } do
      assert.equal("absent", (ask("/v1/zones/" .. path) or {}).code, path)
    end
    assert.equal("syntax", ask("/v1/zones/%2Fetc%2Fpasswd./explain/a..b").code)
    assert(os.remove(folder .. "/%2Fetc%2Fpasswd.zone"))
    local status = daemon:ask("POST", "/v1/zones/%2Fetc%2Fpasswd./sync")
    assert.truthy(status.source.error:find("%2Fetc%2Fpasswd.zone", 1, true), status.source.error)
  end)

  it("is begun with a file of a name that its source reads", function()
    local here = ("cd %s && "):format(command.quoted(folder))
    local begun = command.shell(here .. "rm -f * && $understudy init --zone '0/26.2.0.192.in-addr.arpa'")
    assert.equal(0, begun.status, begun.err)
    local word = assert(begun.out:match "understudy (check [^\n]*)")
    assert.equal("check 0%2F26.2.0.192.in-addr.arpa.zone", word)
    local checked = command.shell(("%s $understudy %s && $understudy plan"):format(here, word))
    assert.matches("0/26%.2%.0%.192%.in%-addr%.arpa%.", checked.out)
  end)
end)
