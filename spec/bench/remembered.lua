--- remembered: what a daemon keeps in memory for each answer; lookups.lua starts it. The answers come out of a store,
--- a page at a time, and zones of 1,000 targets use them.
---   remembered.lua COUNT
--- It prints octets of the process for each answer.

local alias = require "understudy.policy.alias"
local judge = require "understudy.sync.judge"
local resolve = require "understudy.sync.resolve"
local schema = require "understudy.schema"

local count <const> = tonumber(arg[1])
local PAGE <const> = 1000

local function resident()
  collectgarbage()
  local file <close> = assert(io.open "/proc/self/status")
  return tonumber(file:read("a"):match "VmRSS:%s*(%d+) kB") * 1024
end

local function target(i)
  return ("www.shop-%d.cdn.example.net."):format(i // 2)
end

local function answer(i)
  return {
    target = target(i), type = i % 2 == 0 and "A" or "AAAA", state = "fresh", last = "addresses", ttl = 300,
    addresses = i % 2 == 0 and { "8.1.2.3", "8.1.2.4" } or { "2a00::1", "2a00::2" },
    chain = { ("edge-%d.cdn.example.net."):format(i // 2) }, ttl_seen = 1.0, low_ttls = 0, last_success = 1.0,
    last_lookup = 1.0, next_refresh = 1e9 + i, first_empty = 0.0, failures = 0, empties = 0, error = "",
  }
end

local store = {}
function store.each_answer(_, visit)
  for i = 0, count - 1 do
    visit(answer(i))
  end
  return true
end

local function condition()
  return { wait = function() end, signal = function() end }
end

local settings <const> = schema.check(alias.shape, {})
local before <const> = resident()
local host = {
  answers = judge.answers { alias = settings },
  store = store,
  clock = { now = os.time, monotonic = os.clock, condition = condition },
}
local made = resolve.new(host, function() end)
assert(made:restore())
for first = 0, count - 1, 2 * PAGE do
  local targets = {}
  for i = first, math.min(first + 2 * PAGE, count) - 1, 2 do
    targets[#targets + 1] = target(i)
  end
  made:use(("zone-%d.example."):format(first), targets)
end
print((resident() - before) / count)
