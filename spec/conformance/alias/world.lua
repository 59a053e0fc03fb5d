--- world: what the statements of docs/alias.md are tested in: the command that flattens and the name servers around
--- it. NSD and Knot are the outside world, a scripted server has the faults that those don't produce.
local command = require "spec.support.command"
local core = require "understudy.core"
local knot = require "spec.support.knot"
local nsd = require "spec.support.nsd"
local scripted = require "spec.support.scripted"

-- Addresses just outside the ranges that are reserved for documentation, so that they count as public.
local NET <const> = [[
$ORIGIN example.net.
$TTL 300
@       SOA ns1 hostmaster 1 4h 1h 2w 5m
        NS  ns1
ns1     A   198.51.99.53
host    A   198.51.99.2
host    A   198.51.99.1
host    AAAA 2001:db9::1
second  200 A 198.51.99.3
second  200 AAAA 2001:db9::1
v4      A   198.51.99.4
v6      AAAA 2001:db9::6
short   5   A 198.51.99.5
long    7200 A 198.51.99.7
text    TXT "no address here"
c1      100 CNAME host
c2      CNAME c1
across  90  CNAME host.example.org.
nowhere CNAME none
into    CNAME inside.example.com.
loop    CNAME pool
pool    CNAME loop
x.sub   A   198.51.99.8
%s]]

local ORG <const> = [[
$ORIGIN example.org.
$TTL 400
@       SOA ns1 hostmaster 1 4h 1h 2w 5m
        NS  ns1
ns1     A   198.51.99.54
host    A   198.51.99.9
host    AAAA 2001:db9::9
]]

-- What is delegated or redirected in the zone of the tests.
local SUB <const> = [[
$ORIGIN sub.example.com.
$TTL 300
@       SOA ns1.example.net. hostmaster 1 4h 1h 2w 5m
        NS  ns1.example.net.
@       A   198.51.99.20
host    A   198.51.99.21
]]

local HEAD <const> = [[
$ORIGIN example.com.
$TTL 3600
@ SOA ns1.example.net. hostmaster 7 4h 1h 2w 5m
@ NS ns1.example.net.
@ NS ns1.example.org.
]]

local ADDRESSES_MAX <const>, CHAIN_MAX <const> = 100, 16

-- Names with just as many, and with too many, addresses and CNAMEs.
local function at_the_limits()
  local lines = {}
  for i = 1, ADDRESSES_MAX + 1 do
    lines[#lines + 1] = ("toomany A 198.51.98.%d"):format(i)
    if i <= ADDRESSES_MAX then
      lines[#lines + 1] = ("hundred A 198.51.98.%d"):format(i)
    end
  end
  for i = 1, CHAIN_MAX do
    lines[#lines + 1] = ("l%d CNAME %s"):format(i, i < CHAIN_MAX and "l" .. i + 1 or "host")
  end
  lines[#lines + 1] = "l0 CNAME l1"
  return table.concat(lines, "\n") .. "\n"
end

---@class spec.World
---@field nsd spec.Nsd
---@field knot spec.Knot
---@field faults spec.Scripted
local World = {}
World.__index = World

local M = { HEAD = HEAD }

--- Starts the name servers.
---@return spec.World
function M.start()
  local folder, remove = command.folder {}
  return setmetatable({
    nsd = nsd.start { zones = { ["example.net."] = NET:format(at_the_limits()), ["sub.example.com."] = SUB } },
    knot = knot.start("example.org.", ORG),
    faults = scripted.start(),
    folder = folder,
    remove = remove,
    runs = 0,
  }, World)
end

function World:stop()
  self.nsd:stop()
  self.knot:stop()
  self.faults:stop()
  self.remove()
end

-- Records without SOA and NS of the apex, as "www 300 A 198.51.99.1" in a list in order.
local function records(text)
  local zone = assert(core.parse { text = text, origin = "example.com." })
  local lines = {}
  for rrset in zone:rrsets() do
    local owner = rrset.owner:gsub("%.?example%.com%.$", "")
    for i = 1, #rrset do
      if owner ~= "" or rrset.type ~= "SOA" and rrset.type ~= "NS" then
        lines[#lines + 1] = ("%s %d %s %s"):format(owner == "" and "@" or owner, rrset.ttl, rrset.type, rrset[i])
      end
    end
  end
  table.sort(lines)
  return lines
end

local function options_of(world, options)
  local words = {}
  local function add(...)
    for _, word in ipairs { ... } do
      words[#words + 1] = command.quoted(tostring(word))
    end
  end
  for _, server in ipairs(options.servers or { world.nsd }) do
    add("--resolver", "127.0.0.1:" .. server.port)
  end
  for name, value in pairs(options.alias or {}) do
    for _, element in ipairs(type(value) == "table" and value or { value }) do
      add("--alias", name .. "=" .. tostring(element))
    end
  end
  for _, place in ipairs(options.redirect or {}) do
    add("--redirect", place)
  end
  for _, name in ipairs { "pool", "region", "answers", "now" } do
    if options[name] then
      add("--" .. name, options[name])
    end
  end
  return table.concat(words, " ")
end

---@class spec.Flattening
---@field servers? table[] to ask, NSD by default
---@field alias? table<string, any> settings
---@field redirect? string[]
---@field pool? string
---@field region? string
---@field answers? string a file
---@field now? integer
---@field head? string in place of the usual one

--- Writes a file beside the zones and returns its name, as seen from them.
---@param name string
---@param text string
---@return string
function World:file(name, text)
  local file <close> = assert(io.open(self.folder .. "/" .. name, "w"))
  file:write(text)
  return name
end

--- Runs the command on a zone of HEAD and some more records.
---@param body string
---@param options? spec.Flattening
---@return {status: integer, out: string, err: string}
function World:run(body, options)
  options = options or {}
  local path = self.folder .. "/" .. self:file("zone", (options.head or HEAD) .. body .. "\n")
  local program = os.getenv "ALIAS_COMMAND" or command.quoted(command.program) .. " flatten"
  return command.shell(("%s %s --origin example.com. %s"):format(program, options_of(self, options),
    command.quoted(path)))
end

--- The records that are published for a zone, and what is said about them.
---@param body string
---@param options? spec.Flattening
---@return string[] records, string messages, string text
function World:published(body, options)
  local result = self:run(body, options)
  assert(result.status == 0, ("exit status %d: %s"):format(result.status, result.err))
  return records(result.out), result.err, result.out
end

--- Says what a zone becomes: lines of `wanted`, in any order.
---@param body string
---@param wanted string
---@param options? spec.Flattening
---@return string messages
function World:expect(body, wanted, options)
  local found, messages = self:published(body, options)
  local lines = {}
  for line in wanted:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("^ +", "")
  end
  table.sort(lines)
  assert(table.concat(found, "\n") == table.concat(lines, "\n"), ("published is\n  %s\nand not\n  %s\n%s"):format(
    table.concat(found, "\n  "), table.concat(lines, "\n  "), messages))
  return messages
end

--- Says that a zone is refused with a message that names these owners, in their order.
---@param body string
---@param owners string "a.example.com. b.example.com."
---@param options? spec.Flattening
---@return string messages
function World:refused(body, owners, options)
  local result = self:run(body, options)
  assert(result.status == 1, ("exit status %d: %s%s"):format(result.status, result.out, result.err))
  assert(result.out == "", "something is published: " .. result.out)
  local at = 1
  for owner in owners:gmatch "%S+" do
    local begin, finish = result.err:find(owner, at, true)
    assert(begin, ("%s is not named in: %s"):format(owner, result.err))
    at = finish + 1
  end
  return result.err
end

--- A file for answers that does not exist yet.
---@return string path
function World:memory()
  self.runs = self.runs + 1
  return ("%s/answers-%d"):format(self.folder, self.runs)
end

--- Whether one of the questions to the scripted server is for a name, and how many are.
---@param name string
---@return integer
function World:asked(name)
  local count = 0
  for _, line in ipairs(self.faults:questions()) do
    count = count + (line:find(" " .. name .. " ", 1, true) and 1 or 0)
  end
  return count
end

return M
