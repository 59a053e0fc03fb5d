--- fleet: small zones in files with a daemon that keeps them, for measuring.

local chain = require "understudy.store.chain"
local command = require "spec.support.command"
local core = require "understudy.core"
local daemons = require "spec.support.daemon"
local database = require "understudy.store.database"
local folders = require "understudy.store.folder"
local nsd = require "spec.support.nsd"
local operations = require "understudy.store.operations"
local udp = require "understudy.net.udp"

local M = {}

M.PATTERN = "zone%05d.example"

local ZONES_A_COMMIT <const> = 1000

local POLICY <const> = [[
local names = {}
for i = 1, %d do
  names[i] = (%q):format(i)
end
return policy {
  listen  = "127.0.0.1:%d",
  %s
  source  = %s,
  targets = { target.secondary "secondary" { transfer = "127.0.0.1", notify = "%s" } },
  zones   = names,
  refresh = "1h",
}
]]

local ZONE <const> = [[
$TTL 3600
@ SOA ns1.provider.example.net. hostmaster.provider.example.net. %d 14400 3600 1209600 300
@ NS ns1.provider.example.net.
@ NS ns2.provider.example.net.
@ A 192.0.2.1
@ AAAA 2001:db8::1
@ MX 10 mail
@ MX 20 backup.provider.example.net.
@ TXT "v=spf1 mx include:provider.example.net -all"
www CNAME @
mail A 198.51.100.1
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:postmaster@provider.example.net"
version 300 TXT "%d"
]]

local Fleet = {}
Fleet.__index = Fleet

--- The name of a zone, without the final dot.
---@param i integer
---@return string
function M.name(i)
  return M.PATTERN:format(i)
end

--- Replaces the file of a zone with one of another content.
---@param i integer
---@param serial integer
function Fleet:edit(i, serial)
  local path = ("%s/%s.zone"):format(self.zones, M.name(i))
  command.replace(path, ZONE:format(serial, serial))
end

--- Replaces all.
---@param serial integer
function Fleet:edit_all(serial)
  for i = 1, self.count do
    self:edit(i, serial)
  end
end

--- The serial that a server on this machine serves of a zone, if it does.
---@param i integer
---@param port integer
---@return integer?
function M.serial(i, port)
  local request = core.request { kind = "soa", origin = M.name(i) .. ".", now = os.time() }
  local response = udp.exchange(request.octets, "127.0.0.1", port, 2, function(octets)
    return request:read(octets, os.time())
  end)
  return response and response.serial
end

--- Writes a version of a zone down, as a worker publishes it.
---@param db table a database of the store
---@param lease {zone: string, worker: string, token: integer}
---@param zone any
---@param before? {base: integer, base_hash: string, pull: integer, publication: table, source: table} what this
---  returned for the last one
---@return table written
function M.publish(db, lease, zone, before)
  local row, publication = chain.next(before and before.publication, zone)
  local pull, source = chain.next(before and before.source, zone)
  for _, made in ipairs { row, pull } do
    made.zone, made.serial, made.hash, made.records = lease.zone, zone.serial, zone.hash, #zone
    made.at = os.time() + 0.0
  end
  pull.version, pull.base = ("%s/%d"):format(zone.hash, zone.serial), not pull.whole and before.pull or nil
  row.cause, row.who, row.generation, row.worker, row.token, row.now = "start", "", 1, lease.worker, lease.token, 0.0
  row.base, row.base_hash = before and before.base, before and before.base_hash
  pull.base_hash = row.base_hash
  local ids = assert(operations.publish(db, row, pull, { count = 100, after = 0 }))
  return { base = zone.serial, base_hash = zone.hash, pull = ids.pull, publication = publication, source = source }
end

--- Writes the zones down as if a daemon had published them, faster than one that commits each for itself. To be called
--- before the first daemon starts.
function Fleet:fill()
  local state = self.folder .. "/daemon1/state"
  assert(os.execute("mkdir -p " .. self.folder .. "/daemon1"))
  assert(folders.prepare(state))
  local db <close> = assert(database.open(folders.database(state)))
  assert(operations.join(db, "bench", 3600, 0.0))
  for first = 1, self.count, ZONES_A_COMMIT do
    local names = {}
    for i = first, math.min(self.count, first + ZONES_A_COMMIT - 1) do
      names[#names + 1] = M.name(i) .. "."
    end
    assert(db:transaction(function()
      assert(operations.register(db, names))
      for _, lease in ipairs(assert(operations.claim(db, "bench", names, 0.0))) do
        lease.worker = "bench"
        M.publish(db, lease, assert(core.parse { text = ZONE:format(1, 1), origin = lease.zone }))
      end
      return true
    end))
  end
  assert(operations.leave(db, "bench"))
end

--- Starts one more daemon over the same files, in a folder of its own.
---@param words? string see spec.support.daemon
---@param patience? number the same
---@return spec.Daemon
function Fleet:start(words, patience)
  local folder = ("%s/daemon%d"):format(self.folder, #self.daemons + 1)
  assert(os.execute("mkdir -p " .. folder))
  local port = #self.daemons == 0 and self.port or nsd.free_port()
  local file <close> = assert(io.open(folder .. "/policy.lua", "wb"))
  file:write(POLICY:format(self.count, M.PATTERN, port, self.setting, self.source, self.secondary))
  file:close()
  local daemon = daemons.start(folder, { words = words, patience = patience })
  self.daemons[#self.daemons + 1] = daemon
  return daemon
end

--- Ends the daemons, and takes the files away.
function Fleet:close()
  for _, daemon in ipairs(self.daemons) do
    daemon:stop()
  end
  os.execute("rm -rf " .. command.quoted(self.folder))
end

Fleet.__close = Fleet.close

--- Makes the files of so many zones at serial 1.
---@param count integer
---@param options? {secondary?: string, setting?: string, port?: integer, source?: string} where to send NOTIFY; a line
---  of the policy; by default the source are files
---@return table fleet
function M.new(count, options)
  options = options or {}
  local folder = command.folder {}
  local self = setmetatable({
    folder = folder, zones = folder .. "/zones", count = count, port = options.port or nsd.free_port(), daemons = {},
    secondary = options.secondary or "127.0.0.1:1", setting = options.setting or "",
    source = options.source or ('source.file "%s/zones/%%s.zone"'):format(folder),
  }, Fleet)
  assert(os.execute("mkdir " .. self.zones))
  self:edit_all(1)
  return self
end

return M
