--- inside: measures inside one process what a person does with zones in Lua; zone.lua starts it.
---   inside.lua WHAT ROUNDS FILE…
--- It prints a line for each figure: its name and the samples, one a round, in seconds or octets.

local core = require "understudy.core"
local monotime = require("cqueues").monotime
local small = require "spec.bench.small"

local what <const>, rounds <const> = arg[1], tonumber(arg[2])

---@type table<string, number[]>
local figures = {}
local order = {}

local function add(name, sample)
  if not figures[name] then
    figures[name] = {}
    order[#order + 1] = name
  end
  table.insert(figures[name], sample)
end

--- Calls fn and adds the time that it took.
local function time(name, fn)
  local begin <const> = monotime()
  local result = fn()
  add(name, monotime() - begin)
  return result
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function load(path)
  return assert(core.parse { file = path })
end

--- Octets of this process that are in memory, as the system counts them.
local function resident()
  return tonumber(read("/proc/self/status"):match "VmRSS:%s*(%d+) kB") * 1024
end

local measures = {}

--- A fault in the last line makes reading end before the snapshot is made: the difference to the
--- whole is what the snapshot costs.
local function stages_once(path)
  local text = time("read", function() return read(path) end)
  local faulty = text .. "\n@ A fault\n"
  time("scan", function() return assert(not core.parse { text = faulty }) end)
  faulty = nil
  collectgarbage()
  local zone <close> = time("parse", function() return assert(core.parse { text = text }) end)
  time("check", function() return zone:check() end)
end

function measures.stages()
  for _ = 1, rounds do
    stages_once(arg[3])
    collectgarbage()
  end
end

--- What checking costs beside loading: processor seconds, of all threads. Once a process, as with a file on the command
--- line: memory that was used before makes loading cheaper.
function measures.check()
  local begin <const> = os.clock()
  local zone <close> = load(arg[3])
  local loaded <const> = os.clock()
  zone:check()
  add("load", loaded - begin)
  add("check", os.clock() - loaded)
end

function measures.memory()
  for _ = 1, rounds do
    local zone <close> = load(arg[3])
    zone:check()
    collectgarbage()
    add("resident", resident())
    add("snapshot", zone.memory)
  end
end

function measures.diff()
  local old, new = load(arg[3]), load(arg[4])
  for _ = 1, rounds do
    time("diff", function() return old:diff(new) end)
    collectgarbage()
  end
end

--- The same in time of the processor: for what one thread does alone.
local function time_cpu(name, fn)
  local begin <const> = os.clock()
  fn()
  add(name, os.clock() - begin)
end

local function visit_values(iterator)
  for _, _, _ in iterator do -- owner, type, TTL
  end
end

local function visit_views(iterator)
  for rrset in iterator do
    local _, _, _ = rrset.owner, rrset.type, rrset.ttl
  end
end

function measures.iterate()
  local zone <close> = load(arg[3])
  local filters = { all = {}, type = { type = arg[4] }, suffix = arg[5] and { under = arg[5] } }
  for _ = 1, rounds do
    for _, name in ipairs { "all", "type", "suffix" } do
      local filter = filters[name]
      if filter then
        time_cpu(name, function() visit_values(zone:each(filter)) end)
        time_cpu(name .. "-views", function() visit_views(zone:rrsets(filter)) end)
        collectgarbage()
      end
    end
  end
end

--- One process that reads and checks all small zones, each dropped before the next.
function measures.small()
  for i = 0, small.files - 1 do
    local zone <close> = load(small.path(arg[3], i))
    assert(#zone:check() == 0)
  end
end

--- The same without reading zones: what the system and Lua take to get at the files.
function measures.small_read()
  for i = 0, small.files - 1 do
    read(small.path(arg[3], i))
  end
end

measures[what]()
for _, name in ipairs(order) do
  print(name, table.concat(figures[name], " "))
end
