--- lookup: the same as lookup.c from Lua; lookups.lua starts it.
---   lookup.lua SERVER:PORT COUNT

local cqueues = require "cqueues"
local resolver = require "understudy.net.resolver"

local server <const>, count <const> = arg[1], tonumber(arg[2])

local questions = {}
for i = 0, count - 1 do
  questions[i + 1] = { ("h%d.example.net."):format(i), "A" }
end

local function cpu()
  return os.clock()
end

local queue = cqueues.new()
queue:wrap(function()
  local made <close> = assert(resolver.new { servers = { server } })
  local begin, begin_cpu, right = cqueues.monotime(), cpu(), 0
  for i, lookup in ipairs(made:lookup_all(questions)) do
    local number = i - 1
    local wanted = ("8.%d.%d.%d"):format(number >> 16, number >> 8 & 255, number & 255)
    right = right + (lookup.addresses[1] == wanted and #lookup.addresses == 1 and 1 or 0)
  end
  print(("%d %.6f %.6f"):format(right, cqueues.monotime() - begin, cpu() - begin_cpu))
end)
assert(queue:loop())
