-- Events that outlive the daemon that took them: it is killed between its answer and the pull, or another daemon has
-- the zone. What a deletion says is believed at once then, where it would have to be confirmed for five minutes.
local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "understudy.core"
local daemons = require "spec.support.daemon"
local nsd = require "spec.support.nsd"
local postgresql = require "spec.support.postgresql"
local support = require "spec.support.dns"
local udp = require "understudy.net.udp"

local NAME <const> = "example.com."
local NOBODY <const> = 1 -- a port

-- Reads what stands in a folder, which can be out of reach, and notes what it was asked for.
local INVENTORY <const> = [[
local function open(options, what)
  local note <close> = io.open(options.folder .. "/asked", "ab")
  note:write(what, "\n")
  return assert(loadfile(options.folder .. "/records.lua"))()
end

return {
  records = function(_, options)
    return open(options, "all")
  end,
  records_at = function(zone_name, options, names)
    local list = {}
    for _, name in ipairs(names) do
      for _, record in ipairs(open(options, name.owner .. " " .. (name.type or "-"))) do
        if record.owner .. "." .. zone_name == name.owner and record.type == (name.type or record.type) then
          list[#list + 1] = record
        end
      end
    end
    return list
  end,
}
]]

local RECORDS <const> = [[
return {
  { owner = "@", ttl = 3600, type = "SOA", data = "ns1.servers.info. h.example.net. %d 14400 3600 1209600 300" },
  { owner = "@", ttl = 3600, type = "NS", data = "ns1.servers.info." },
  { owner = "@", ttl = 3600, type = "NS", data = "ns2.servers.info." },
  { owner = "www", ttl = 300, type = "A", data = "192.0.2.%d" },
  %s
}
]]

local POLICY <const> = [[
return policy {
  listen = "127.0.0.1:%d",
  source = %s,
  targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1:%d" } },
  zones = { "example.com" },
  retry = backoff { first = "0.1s", max = "0.2s" },
  refresh = "1h",
  %s
}
]]

local ZONE <const> = [[
$TTL 60
@ SOA ns1.servers.info. h.example.net. %d 3600 3600 1209600 300
@ NS ns1.servers.info.
@ NS ns2.servers.info.
www A 192.0.2.%d
]]

local MAIL <const> = [[{ owner = "mail", ttl = 300, type = "A", data = "192.0.2.9" },]]

local function write(path, text)
  command.replace(path, text)
end

-- The words before a command that finds the module of a folder.
local function words_of(folder)
  return ("env LUA_PATH_5_4='%s/?.lua;'\"$LUA_PATH_5_4\" "):format(folder)
end

local function module_of(folder)
  return ("source.module { module = 'inventory', options = { folder = %q } }"):format(folder)
end

local function sync(words, folder, arguments)
  local result = command.shell(("%s $understudy sync --json --policy %s/policy.lua example.com %s"):format(words,
    folder, arguments))
  return cjson.decode(result.out).zones[1]
end

local function standing(daemon)
  local zone = assert(daemon:ask("GET", "/v1/zones/" .. NAME))
  return { zone.state, zone.serial }
end

-- Waits until a daemon has published a serial.
local function await(daemon, serial)
  nsd.await("serial " .. serial .. "; the log: " .. daemon.folder .. "/log", function()
    return standing(daemon)[2] == serial
  end)
end

describe("a daemon that is killed after it answered", function()
  it("believes after its start what was said to be deleted, though it could not look before", function()
    local folder, remove = command.folder { ["inventory.lua"] = INVENTORY }
    finally(remove)
    local listen = nsd.free_port()
    local secondary <close> = nsd.start { secondary = { NAME }, primary = "127.0.0.1:" .. listen }
    write(folder .. "/policy.lua", POLICY:format(listen, module_of(folder), secondary.port, ""))
    write(folder .. "/records.lua", RECORDS:format(1, 1, MAIL))
    local words = words_of(folder)
    do
      local daemon <close> = daemons.start(folder, { words = words })
      await(daemon, 1)
      assert(os.remove(folder .. "/records.lua"))
      assert.equal("unreachable", sync(words, folder, "--deleted mail A").state)
      daemon:stop "KILL"
    end
    write(folder .. "/records.lua", RECORDS:format(2, 1, ""))
    local daemon <close> = daemons.start(folder, { words = words })
    await(daemon, 2)
    assert.equal("", daemon:read "log":match "[^\n]*vanished[^\n]*" or "")

    -- It was for this once.
    write(folder .. "/records.lua", RECORDS:format(3, 1, MAIL))
    assert.equal(3, sync(words, folder, "").serial)
    daemon:stop "KILL"
    write(folder .. "/records.lua", RECORDS:format(4, 1, ""))
    local again <close> = daemons.start(folder, { words = words })
    nsd.await("the deletion to be held", function()
      return standing(again)[1] == "held"
    end)
    assert.equal(3, standing(again)[2])
  end)

  it("looks after its start at what a NOTIFY told it of, as at all zones", function()
    local folder, remove = command.folder {}
    finally(remove)
    local listen, port = nsd.free_port(), nsd.free_port()
    local function primary(serial)
      return nsd.start { port = port, zones = { [NAME] = ZONE:format(serial, serial) } }
    end
    local source = ("source.transfer { from = '127.0.0.1:%d' }"):format(port)
    write(folder .. "/policy.lua", POLICY:format(listen, source, NOBODY, ""))
    local first = primary(1)
    do
      local daemon <close> = daemons.start(folder)
      await(daemon, 1)
      first:stop()
      local zone = support.parse("$ORIGIN " .. NAME .. "\n@ 60 SOA a. b. 2 1 1 1 1\n")
      local request = assert(core.request { kind = "notify", zone = zone })
      local socket <close> = assert(udp.open("127.0.0.1", 0))
      socket:send(request.octets, "127.0.0.1", listen)
      assert.equal("NOERROR", assert(request:read(assert(socket:receive(support.PATIENCE)), os.time())).rcode)
      daemon:stop "KILL"
    end
    local second <close> = primary(2)
    local daemon <close> = daemons.start(folder)
    await(daemon, 2)
    assert.equal(2, second:serial(NAME))
  end)
end)

describe("a daemon that does not have the zone", function()
  it("hands on what changed and what was deleted to the one that has it, by name, also to its heir", function()
    local server <close> = postgresql.start()
    local source, remove_source = command.folder { ["inventory.lua"] = INVENTORY }
    finally(remove_source)
    write(source .. "/records.lua", RECORDS:format(1, 1, MAIL))
    local store, words = ("store = postgresql %q,"):format(server:database():gsub("^postgresql ", "")), words_of(source)
    local folders, running = {}, {}
    local _ <close> = setmetatable({}, { __close = function()
      for i, daemon in ipairs(running) do
        daemon:stop()
        folders[i].remove()
      end
    end })
    for i = 1, 2 do
      local folder, remove = command.folder {}
      folders[i] = { name = folder, remove = remove }
      write(folder .. "/policy.lua", POLICY:format(nsd.free_port(), module_of(source), NOBODY, store))
      running[i] = daemons.start(folder, { words = words })
      await(running[i], 1)
    end
    local first, second = running[1], running[2]
    local function asked()
      local file <close> = assert(io.open(source .. "/asked", "rb"))
      return file:read "a"
    end

    write(source .. "/records.lua", RECORDS:format(2, 2, ""))
    os.remove(source .. "/asked")
    sync(words, folders[2].name, "--deleted mail A --changed www")
    await(first, 2)
    await(second, 2)
    local lines = {}
    for line in asked():gmatch "[^\n]+" do
      lines[#lines + 1] = line
    end
    table.sort(lines)
    assert.same({ "mail.example.com. A", "www.example.com. -" }, lines)

    -- The one that has the zone hears of it, and ends before it can look.
    write(source .. "/records.lua", RECORDS:format(3, 2, MAIL))
    sync(words, folders[2].name, "")
    await(second, 3)
    os.remove(source .. "/records.lua")
    sync(words, folders[2].name, "--deleted mail")
    nsd.await("it to try", function()
      return standing(first)[1] == "unreachable"
    end)
    first:stop "TERM"
    write(source .. "/records.lua", RECORDS:format(4, 2, ""))
    await(second, 4)
  end)
end)
