-- master_file: what the specs of single requirements on master files say with.
local assert = require "luassert"
local understudy = require "understudy"

local M = {}

M.head = "$TTL 60\n@ SOA ns.example.net. admin 1 3600 600 86400 300\n@ NS ns.example.net.\n"

--- The zone "example." of these lines below a SOA and a NS.
function M.parse(lines, options)
  options = options or {}
  options.text = (options.head or M.head) .. lines .. "\n"
  options.head = nil
  options.origin = options.origin or "example."
  return understudy.parse(options)
end

--- The records of these lines as they are printed, "owner TTL type data", without SOA and NS of the apex.
function M.records(lines, options)
  local zone = assert(M.parse(lines, options))
  local found = {}
  for line in zone:text():gmatch "[^\n]+" do
    local owner, ttl, type, data = line:match "^(%S+)\t(%d+)\tIN\t(%S+)\t(.*)$"
    if owner ~= "example." or (type ~= "SOA" and type ~= "NS") then
      found[#found + 1] = ("%s %s %s %s"):format(owner, ttl, type, data)
    end
  end
  return found, zone
end

function M.reads(lines, expected, options)
  if type(expected) == "string" then
    expected = { expected }
  end
  assert.same(expected, (M.records(lines, options)), lines)
end

--- Lines that make the zone unreadable, with the place of the fault, which is in the first of them.
function M.refuses(lines, options)
  local zone, err = M.parse(lines, options)
  assert.is_nil(zone, lines)
  assert.equal("table", type(err), lines)
  assert.is_true((err.line or 0) >= 4 or options ~= nil, ("%s: %s"):format(lines, err))
  assert.is_true((err.column or 0) >= 1, ("%s: %s"):format(lines, err))
  return err
end

function M.refuses_each(list)
  for _, lines in ipairs(list) do
    M.refuses(lines)
  end
end

--- The rules of the findings about these lines.
function M.findings(lines, options)
  local zone = assert(M.parse(lines, options))
  local found = {}
  local report = zone:check()
  for i = 1, #report do
    found[report[i].id] = report[i].severity
  end
  return found
end

return M
