--- policy: reads a policy file: what to replicate, from where, to where and how.

local digest = require "openssl.digest"

local constructors = require "understudy.policy.constructors"
local environment = require "understudy.policy.environment"
local hex = require "understudy.hex"
local path = require "understudy.path"
local schema = require "understudy.schema"
local shape = require "understudy.policy.shape"
local uerror = require "understudy.error"

local M = {}

M.zone_name = shape.zone_name

local FILE_MAX <const> = 1024 * 1024

---@class understudy.Policy
---@field file string
---@field digest string          of its text, by which it is known again
---@field keys table[]           {file=, key=}: all that it reads, whether anything has them or not
---@field state string           folder
---@field store? string          a PostgreSQL database in place of a file in that folder
---@field listen table[]         {address=, port=, text=}
---@field user? string           whom the daemon becomes once it listens
---@field resolver? table[]      {address=, port=, text=}
---@field zones table[]          {name=, source=, targets={…}}
---@field alias table            {min_ttl=, max_ttl=, confirm=, on_dangling=, on_unresolved=}
---@field pool string
---@field redirect string[]|string addresses, or the name of a host
---@field retry table            see understudy.sync.retry
---@field soak number            seconds for which canaries serve a publication before others get it
---@field refresh number         seconds
---@field verify number          seconds between two looks at what the targets serve
---@field checks understudy.Checks of zones that have none of their own
---@field online? number         seconds between two looks at zones from outside
---@field guard table            {max_removed=, max_removed_records=, max_removed_members=, confirm=, protect=,
---  apex_ns=}
---@field keep table             {publications=, age=}

-- The first line from `first` on whose code matches the pattern.
local function find_line(lines, first, pattern)
  for i = first, #lines do
    if lines[i]:gsub("%-%-.*", ""):find(pattern) then
      return i
    end
  end
end

-- The line of an option: that of its node, or the one after it that names the option.
local function line_of(lines, node, keys)
  local line = node.line or find_line(lines, 1, "%f[%w_]" .. node.kind .. "%f[^%w_]") or 1
  for _, name in ipairs(keys) do
    line = find_line(lines, line, "%f[%w_]" .. name:gsub("%W", "%%%0") .. "%s*=%f[^=]") or line
  end
  return line
end

-- A line for each fault, in the order of the file.
local function describe(faults, lines, file)
  local found = {}
  for i, fault in ipairs(faults) do
    local line = fault.origin and line_of(lines, fault.origin, fault.keys)
    local option = fault.path ~= "" and fault.path .. ": " or ""
    local place = line and ("%s:%d:"):format(file, line) or file .. ":"
    found[i] = { line = line or 0, number = i, text = ("%s %s%s"):format(place, option, fault.message) }
  end
  table.sort(found, function(a, b)
    return a.line < b.line or a.line == b.line and a.number < b.number
  end)
  local texts = {}
  for i, fault in ipairs(found) do
    texts[i] = fault.text
  end
  return table.concat(texts, "\n")
end

local function split(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

-- What a policy's text is known by again.
local function digest_of(text)
  return hex.encode(digest.new("sha256"):final(text))
end

--- Reads a policy from text. The message of an error has a line for each fault.
---@param text string
---@param file string its name; paths in it are relative to its folder
---@return understudy.Policy? policy
---@return understudy.Error? err
function M.parse(text, file)
  local folder = path.folder(file)
  local names, keys = constructors.new(folder)
  local result, err = environment.run(text, file, environment.new(names))
  if err then
    return nil, err
  end
  local policy, faults = schema.check(shape.policy(folder), result)
  if #faults > 0 then
    return nil, uerror.new { code = "policy", message = describe(faults, split(text), file) }
  end
  policy.file, policy.digest, policy.keys = file, digest_of(text), keys
  policy.state = path.join(folder, policy.state)
  return policy
end

local function slurp(file_name)
  local file <close>, reason = io.open(file_name, "rb")
  if not file then
    return uerror.fail("absent", "%s", reason)
  end
  local text, problem = file:read(FILE_MAX)
  if not text then
    return uerror.fail("io", "%s: %s", file_name, problem or "the file is empty")
  end
  return text
end

--- Reads a policy file.
---@param file_name string
---@return understudy.Policy? policy
---@return understudy.Error? err
function M.load(file_name)
  local text, err = slurp(file_name)
  if not text then
    return nil, err
  end
  return M.parse(text, file_name)
end

--- The state folder that a policy file names, as far as that can be told of one that is broken: where the daemon may be
--- found that runs under what the file was before.
---@param file_name string
---@return string folder
function M.state_folder(file_name)
  local folder, text = path.folder(file_name), slurp(file_name)
  local result = text and environment.run(text, file_name, environment.new(constructors.new(folder)))
  local state = getmetatable(result) == constructors.Node and result.options.state
    or (text or ""):match "%f[%w_]state%s*=%s*[\"']([^\"'\n]+)"
  return path.join(folder, type(state) == "string" and state or shape.STATE)
end

return M
