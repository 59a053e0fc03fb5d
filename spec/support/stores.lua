--- stores: a store of each kind for specs, and a worker that writes versions of a zone to it.
---
---   local stores = require "spec.support.stores"
---   for _, kind in ipairs(stores.KINDS) do
---     describe("the store in " .. kind, function()
---       local fixture = stores.fixture(kind)
---       setup(fixture.start); after_each(fixture.forget); teardown(fixture.stop)
local chain = require "understudy.store.chain"
local command = require "spec.support.command"
local core = require "understudy.core"
local postgresql = require "spec.support.postgresql"
local store = require "understudy.store"

local M = {}

M.KINDS = { "sqlite", "postgresql" }

--- The zone of the writer.
M.NAME = "example.com."

--- What a spec needs to have a store of its own in each test: `start` and `stop` once, `forget` after each test;
--- `where()` the place of its store, `open(options)` that store, each time the same.
---@param kind "sqlite"|"postgresql"
---@return table fixture
function M.fixture(kind)
  local self, server, place, remove = {}, nil, nil, nil

  function self.start()
    server = kind == "postgresql" and postgresql.start() or nil
  end

  function self.stop()
    if server then
      server:stop()
    end
  end

  function self.forget()
    if remove then
      remove()
    end
    place, remove = nil, nil
  end

  function self.where()
    if not place and server then
      place = server:database()
    elseif not place then
      place, remove = command.folder({}, true)
      place = place .. "/understudy.db"
    end
    return place
  end

  function self.open(options)
    return assert(store.direct(self.where(), options))
  end

  return self
end

--- Runs a test in a task of an event loop, with a store on its thread.
---@param path string
---@param test fun(opened: understudy.Store, spawn: function, clock: understudy.Clock)
---@param seconds? number at most
function M.with_thread(path, test, seconds)
  local cqueues = require "cqueues"
  local clock = require("understudy.clock").system()
  local task = require "understudy.task"
  local queue, failures, ended = cqueues.new(), {}, false
  local failing = { error = function(_, ...)
    failures[#failures + 1] = string.format(...)
  end }
  local function spawn(name, fn)
    task.spawn(queue, name, fn, failing)
  end
  spawn("test", function()
    local opened <close> = assert(store.open(path, clock, spawn))
    test(opened, spawn, clock)
    ended = true
  end)
  assert(queue:loop(seconds or 30))
  assert(#failures == 0, table.concat(failures, "\n"))
  assert(ended, "it took too long")
end

local KEEP <const> = { count = 100, after = 0 }

--- A writer of versions of one zone: what a worker does, without deciding anything.
---@param opened understudy.Store
---@param worker? string
---@return table
function M.writer(opened, worker)
  worker = worker or "w"
  assert(opened:register { M.NAME })
  assert(opened:join(worker, 60, 0.0, false))
  local claimed = assert(opened:claim(worker, { M.NAME }, 0.0))
  local self = { lease = { zone = M.NAME, worker = worker, token = claimed[1] and claimed[1].token, now = 1.0 } }

  local function row(fields)
    for name, value in pairs(self.lease) do
      fields[name] = fields[name] or value
    end
    return fields
  end
  self.row = row

  function self.pull(zone, version)
    local before = self.pulls
    local made, ends = chain.next(before, zone)
    self.pulls, made.base_hash = ends, before and before.zone.hash
    made.zone, made.version, made.serial, made.hash = M.NAME, version or "v", zone.serial, zone.hash
    made.records, made.at, made.base = #zone, 1.5, not made.whole and self.pulled or nil
    return made
  end

  function self.publish(zone, keep, pull)
    local made, state = chain.next(self.publications, zone)
    local ids, err = opened:publish(row {
      serial = zone.serial, hash = zone.hash, base = self.serial, base_hash = self.hash, cause = "test", who = "",
      at = zone.serial + 0.5, records = #zone, whole = made.whole, content = made.content, delta = made.delta,
      generation = 1, waived = "abc",
    }, pull or self.pull(zone), keep or KEEP, self.run)
    if ids then
      self.publications, self.serial, self.hash, self.pulled = state, zone.serial, zone.hash, ids.pull
    end
    return ids, err
  end
  return self
end

--- A zone of some awkward records, and those that are given.
---@param serial integer
---@param records? string
function M.zone_of(serial, records)
  return assert(core.parse { name = "test", origin = M.NAME, text = ([[
@ 60 SOA ns h %d 1 1 1 1
@ 60 NS ns.example.net.
a\\.b\\000.x 60 TXT "it's; \\"quoted\\" \\255"
%s]]):format(serial, records or "") })
end

--- A zone large enough that a delta is worth while.
---@param serial integer
function M.large_zone(serial)
  local lines = { ("serial 60 A 192.0.2.%d"):format(serial % 256) }
  for i = 1, 200 do
    lines[#lines + 1] = ("h%d 300 A 198.51.100.%d"):format(i, i)
  end
  return M.zone_of(serial, table.concat(lines, "\n"))
end

--- The zone that was published last, and the rows of it and of what it was made from.
---@param opened understudy.Store
function M.newest(opened)
  local found = assert(opened:newest { M.NAME })
  local rows, pulls = found.publications[M.NAME], found.pulls[M.NAME]
  return rows and assert(chain.read(rows, M.NAME, "publication")).zone, rows, pulls
end

return M
