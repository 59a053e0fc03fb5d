-- Writes a store of one zone by its versions, as a worker does that tries again what failed, and says of each what was
-- acknowledged: lua5.4 spec/support/disk_writer.lua DATABASE. It goes on from what is there.
local chain = require "understudy.store.chain"
local core = require "understudy.core"
local store = require "understudy.store"

local NAME <const> = "example.com."
local VERSIONS <const> = 4
local TRIES <const> = 5

local function zone_of(serial)
  local lines = { ("@ 60 SOA ns h %d 1 1 1 1\n@ 60 NS ns.example.net.\nv 60 A 192.0.2.%d"):format(serial, serial) }
  for i = 1, 40 do
    lines[#lines + 1] = ("h%d 300 TXT \"%s\""):format(i, ("x"):rep(100))
  end
  return assert(core.parse { name = "test", origin = NAME, text = table.concat(lines, "\n") })
end

local function try(fn)
  local result, err
  for _ = 1, TRIES do
    result, err = fn()
    if result ~= nil then
      return result
    end
  end
  error(err)
end

local opened <close> = try(function()
  return store.direct(arg[1])
end)
try(function()
  return opened:register { NAME }
end)
try(function()
  return opened:join("w", 1e9, 0.0, true)
end)
local token = try(function()
  return opened:claim("w", { NAME }, 0.0)
end)[1].token

local known = try(function()
  return chain.newest(opened, NAME)
end)
local last = known.publication and { zone = known.publication, serial = known.publication.serial }
local pulls = last and try(function()
  return opened:pulls(NAME, 0.0)
end)
local pulled = last and { zone = known.accepted, id = pulls[#pulls].id }

-- A person's word, behind each publication.
local function freeze(serial)
  try(function()
    return opened:freeze { zone = NAME, reason = "r" .. serial, who = "ann", since = 1.0 }
  end)
  print("frozen", serial)
end

if last then
  freeze(last.serial)
end
for serial = last and last.serial + 1 or 1, VERSIONS do
  local zone = zone_of(serial)
  local row, pull = chain.next(last, zone), chain.next(pulled, zone)
  for _, made in ipairs { row, pull } do
    made.zone, made.serial, made.hash, made.records, made.at = NAME, serial, zone.hash, #zone, serial + 0.0
  end
  pull.version, pull.base = "v" .. serial, not pull.whole and pulled.id or nil
  pull.base_hash = pull.base and pulled.zone.hash
  row.worker, row.token, row.now, row.cause, row.who, row.generation = "w", token, 0.0, "test", "", 1
  row.base, row.base_hash, row.released = last and last.serial, last and last.zone.hash, true
  local ids = try(function()
    return opened:publish(row, pull, { count = 100, after = 0 })
  end)
  print("published", serial)
  last, pulled = { zone = zone, serial = serial }, { zone = zone, id = ids.pull }
  freeze(serial)
end
print "done"
