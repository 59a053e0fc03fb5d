--- zone: measures understudy beside other programs on the same input, and compares with its targets.
---   make bench [RECORDS=1000000] [ROUNDS=5] [ROWS="load stages check memory …"]; all rows: M.names in rows.lua
--- What is compared runs in turn; a figure is the median of its rounds, a ratio that of its pairs.
--- All rows take some ten minutes, most of them in `compare`, on a machine that does nothing else.
--- Programs that are not installed are left out.

local build <const> = assert(os.getenv "UNDERSTUDY_BUILD", "start it by: make bench")
local report = require "spec.bench.report"
local rows = require "spec.bench.rows"
local version = require "understudy.version"

local function fail(...)
  io.stderr:write("bench: ", string.format(...), "\n")
  os.exit(2)
end

--- A whole number of at least 1 from the environment.
local function number(name, default)
  local text = os.getenv(name)
  local value = math.tointeger(tonumber(text or default))
  if not value or value < 1 then
    fail("%s is a whole number of at least 1, not '%s'", name, text)
  end
  return value
end

--- The rows that were asked for, in their own order.
local function chosen_rows()
  local chosen = os.getenv "ROWS"
  if not chosen or chosen == "" then
    return rows.names
  end
  local wanted, list = {}, {}
  for name in chosen:gmatch "[^%s,]+" do
    if type(rows[name]) ~= "function" then
      fail("there is no row '%s'; rows are %s", name, table.concat(rows.names, ", "))
    end
    wanted[name] = true
  end
  for _, name in ipairs(rows.names) do
    if wanted[name] then
      list[#list + 1] = name
    end
  end
  return list
end

local function machine()
  local file = io.open "/proc/cpuinfo"
  local text = file and file:read "a" or ""
  if file then
    file:close()
  end
  local _, cores = text:gsub("processor%s*:", "")
  local model = text:match "model name%s*:%s*([^\n]*)" or "unknown processor"
  return ("%s, %d cores"):format(model, cores)
end

io.stdout:setvbuf "line"
local options <const> = {
  records = number("RECORDS", 1000000),
  rounds = number("ROUNDS", 5),
  folder = build .. "/bench",
}
local chosen <const> = chosen_rows()
print(("understudy %s on %s; %d rounds"):format(version, machine(), options.rounds))
for _, name in ipairs(chosen) do
  rows[name](options)
end
report.targets()
