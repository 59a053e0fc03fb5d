--- serve: our server of one zone, for transfer.lua; ends with its input.
---   serve.lua FILE [OLDER]
--- It prints its port once it serves.

local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local address = require "understudy.net.address"
local core = require "understudy.core"
local deltas = require "understudy.sync.deltas"
local dns = require "understudy.server.dns"
local log = require "understudy.log"

local zone <const> = assert(core.parse { file = arg[1] })
local entry <const> = { zone = zone, transfer = { { from = assert(address.acl { "127.0.0.0/8" }) } } }
if arg[2] then
  local history <const>, older <const> = deltas.new(), assert(core.parse { file = arg[2] })
  entry.zone = zone:with_serial((older.serial + 1) % 0x100000000)
  history:add(older, entry.zone)
  entry.delta = function(serial)
    return history:find(serial)
  end
end

local origin <const>, queue <const> = zone.origin, cqueues.new()
queue:wrap(function()
  local server <close> = assert(dns.serve {
    listen = "127.0.0.1:0",
    zones = function(name)
      return name == origin and entry or nil
    end,
    log = log.new { sink = function() end },
    limits = { per_peer = 100 },
  })
  print(server.port, entry.zone.serial)
  io.stdout:flush()
  socket.fdopen(0):read "*l"
end)
assert(queue:loop())
