-- NOTIFY reaches real secondaries at last, over a link that loses it or is down, and the daemon tells how that stands.
-- Their refresh is an hour away: nothing but NOTIFY makes them look.
local command = require "spec.support.command"
local cqueues = require "cqueues"
local daemons = require "spec.support.daemon"
local loop = require "spec.support.loop"
local nsd = require "spec.support.nsd"
local peers = require "spec.support.peers"
local support = require "spec.support.dns"
local task = require "understudy.task"
local udp = require "understudy.net.udp"

local NAME <const> = "example.com."
local KEY <const> = { name = "key.example.", algorithm = "hmac-sha256", secret = support.SECRET }
local NOTIFY <const> = 4 -- the opcode

local POLICY <const> = [[
return policy {
  listen  = "127.0.0.1:%d",
  source  = source.file "%%s.zone",
  targets = { %s },
  zones   = { "example.com" },
  retry   = backoff { first = "0.2s", max = "0.5s" },
}
]]

local TARGET <const> = 'target.secondary "%s" { transfer = "127.0.0.1", notify = "127.0.0.1:%d", key = key "b.key" }'

local function zone_text(serial)
  return ("$ORIGIN example.com.\n$TTL 300\n@ SOA ns admin %d 3600 600 86400 60\n@ NS ns.example.net.\n"
    .. "@ NS ns.example.org.\nwww A 192.0.2.%d\n"):format(serial, serial)
end

-- Passes datagrams on to a peer, and its answers back, but those that `lose` says are lost.
local function start_link(queue, peer)
  local inside = assert(udp.open("127.0.0.1", 0))
  local link = { port = inside.port, lost = 0, lose = function() return false end }
  local function pass(octets, from, port)
    local outside <close> = assert(udp.open("127.0.0.1", 0))
    outside:send(octets, peer.address, peer.port)
    local answer = outside:receive(support.PATIENCE / 2)
    if answer and not link.closed then
      inside:send(answer, from, port)
    end
  end
  task.spawn(queue, "link", function()
    while not link.closed do
      local octets, from, port = inside:receive(0.1)
      if octets and link.lose(octets:byte(3) >> 3 & 15) then
        link.lost = link.lost + 1
      elseif octets then
        task.spawn(queue, "datagram", function() pass(octets, from, port) end, support.new_log())
      end
    end
    inside:close()
  end, support.new_log())
  return link
end

-- Links to peers, for each of them, which end together.
local function start_links(queue, list)
  local links = setmetatable({}, { __close = function(links)
    for _, link in ipairs(links) do
      link.closed = true
    end
  end })
  for i, peer in ipairs(list) do
    links[i] = start_link(queue, peer)
  end
  return links
end

-- One of each kind, which end together.
local function start_peers(listen)
  local list = setmetatable({}, { __close = function(list)
    for _, peer in ipairs(list) do
      peer:stop()
    end
  end })
  for i, kind in ipairs(peers.KINDS) do
    list[i] = peers.start(kind, { secondary = { NAME }, primary = "127.0.0.1:" .. listen, key = KEY })
  end
  return list
end

describe("a NOTIFY", function()
  local folder, remove

  after_each(function()
    remove()
  end)

  local function publish(serial)
    command.replace(folder .. "/example.com.zone", zone_text(serial))
  end

  local function write_policy(listen, links)
    local targets = {}
    for i, kind in ipairs(peers.KINDS) do
      targets[i] = TARGET:format(kind, links[i].port)
    end
    folder, remove = command.folder {
      ["policy.lua"] = POLICY:format(listen, table.concat(targets, ", ")), ["example.com.zone"] = zone_text(1),
      ["b.key"] = ('key "%s" { algorithm %s; secret "%s"; };\n'):format(KEY.name, KEY.algorithm, KEY.secret),
    }
    assert(os.execute("chmod 600 " .. folder .. "/b.key"))
  end

  it("that is lost is sent again until the secondary serves, however long its link is down", function()
    local listen = nsd.free_port()
    local secondaries <close> = start_peers(listen)
    loop.run(function(queue)
      local links <close> = start_links(queue, secondaries)
      write_policy(listen, links)
      local daemon <close> = daemons.start(folder)
      local function all(state, serial)
        for _, target in ipairs(daemon:ask("GET", "/v1/zones/example.com").targets) do
          if target.state ~= state or target.serial ~= serial then
            return false
          end
        end
        return true
      end
      local function await(state, serial)
        nsd.await(("all to be %s with serial %d"):format(state, serial), function() return all(state, serial) end, 60)
        for _, peer in ipairs(secondaries) do
          assert.equal(serial, peer:serial(NAME), peer.kind)
        end
      end
      await("ok", 1)

      for _, link in ipairs(links) do
        link.lose = function(opcode) return opcode == NOTIFY and link.lost < 2 end
      end
      publish(2)
      await("ok", 2)
      for _, link in ipairs(links) do
        assert.equal(2, link.lost)
        link.lose = function() return true end
      end

      publish(3)
      await("unreachable", 2) -- what each had last
      local told = command.run("status", "--policy", folder .. "/policy.lua")
      assert.equal(1, told.status)
      for _, kind in ipairs(peers.KINDS) do
        assert.matches(kind .. " +unreachable", told.out)
      end
      for _, link in ipairs(links) do
        link.lose = function() return false end
      end
      await("ok", 3)
      assert.equal(0, command.run("status", "--policy", folder .. "/policy.lua").status)
      daemon:stop "TERM"
    end)
  end)

  it("brings the last of a burst of changes everywhere in seconds, by few transfers", function()
    local listen = nsd.free_port()
    local secondaries <close> = start_peers(listen)
    loop.run(function(queue)
      local links <close> = start_links(queue, secondaries)
      write_policy(listen, links)
      local daemon <close> = daemons.start(folder)
      for _, peer in ipairs(secondaries) do
        peer:await_serial(NAME, 1)
      end
      for serial = 2, 41 do
        publish(serial)
        cqueues.sleep(0.01)
      end
      local begin = cqueues.monotime()
      for _, peer in ipairs(secondaries) do
        peer:await_serial(NAME, 41)
      end
      assert.is_true(cqueues.monotime() - begin < 20)
      local _, transfers = daemon:read "log":gsub("example%.com%. [^\n]+ to 127%.0%.0%.1 done", "")
      assert.is_true(transfers < 30 * #secondaries, transfers) -- of 40 changes
      daemon:stop "TERM"
    end)
  end)
end)
