--- settings: what a policy says of a zone, as a short text by which two processes see whether they would do the same.
--
-- A line for each setting, "guard: max_removed = 0.5" or "refresh = 300", in one order however the policy is written.
-- What is a process's own business (where it listens, whom it asks) is left out, and so are secrets: of a key there is
-- its name, of a file of TLS and an option of an operator's module that it is set, of a function its place.

local digest = require "openssl.digest"

local hex = require "understudy.hex"
local identity = require "understudy.identity"
local sorted = require "understudy.sorted"

local M = {}

local HASH_DIGITS <const> = 16

-- What is each process's own, and what is no setting of all zones.
local APART <const> = {
  state = true, store = true, listen = true, user = true, tls = true, resolver = true,
  zones = true, source = true, targets = true, checks = true, zonemd = true,
  file = true, digest = true, keys = true, base = true, belongings = true, refusals = true,
}
-- Lists whose order says something.
local ORDERED <const> = { key = true, delays = true }
-- Options that must never be shown, whatever has them.
local SECRET <const> = { "secret", "token", "passw", "passphrase", "credential" }
-- What may be told of what only its definition tells: keys and contexts of TLS.
local TOLD <const> = { "name", "algorithm", "role" }

local function is_secret(name)
  name = name:lower()
  for _, word in ipairs(SECRET) do
    if name:find(word, 1, true) then
      return true
    end
  end
  return false
end

-- A text without what lines are made of.
local function plain(text)
  return (text:gsub("[%c\\]", function(octet)
    return ("\\x%02x"):format(octet:byte())
  end))
end

-- A name of an option or a section, in which nothing looks like the end of it.
local function plain_name(text)
  return (plain(text):gsub("[:=]", { [":"] = "\\x3a", ["="] = "\\x3d" }))
end

-- Where a function stands; its folder can be another one on each machine.
local function place(fn)
  local info = debug.getinfo(fn, "S")
  return ("function at %s:%d"):format(info.source:gsub("^@", ""):match "[^/]*$", info.linedefined)
end

-- What may be told of a key or a context of TLS, and what else is set in it.
local function opaque(definition)
  local words, rest = {}, {}
  for name in pairs(definition) do
    rest[name] = true
  end
  for _, name in ipairs(TOLD) do
    words[#words + 1] = rest[name] and plain(tostring(definition[name])) or nil
    rest[name] = nil
  end
  for _, name in ipairs(sorted.keys(rest)) do
    words[#words + 1] = name .. " set"
  end
  return table.concat(words, ", ")
end

-- A value in a line; nil of one that has parts.
local function in_a_line(value)
  local kind = type(value)
  if kind == "number" then
    return ("%.14g"):format(value)
  elseif kind == "string" then
    return plain(value)
  elseif kind == "function" then
    return place(value)
  elseif kind == "userdata" then
    return opaque(identity.definition(value) or { value = true })
  elseif kind ~= "table" then
    return tostring(value)
  elseif value.address and value.text then -- an endpoint
    return value.text
  elseif value.owner then
    return plain(value.owner .. (value.type and " " .. value.type or "")) -- what is protected
  elseif next(value) == nil then
    return "none"
  end
end

-- The elements of a list in a line; nil if it is no list, or one of things with parts.
local function list_in_a_line(list, ordered)
  local words, count = {}, 0
  for _ in pairs(list) do
    count = count + 1
  end
  for i, value in ipairs(list) do
    words[i] = in_a_line(value)
    if not words[i] then
      return nil
    end
  end
  if #words ~= count then
    return nil
  elseif not ordered then
    table.sort(words)
  end
  return table.concat(words, " | ")
end

local function add(lines, section, option, text)
  lines[#lines + 1] = ("%s%s = %s"):format(section, option and ": " .. option or "", text)
end

-- Adds a value: in a line, or line by line what it is made of.
local function put(lines, section, option, value)
  local definition = type(value) == "table" and identity.definition(value)
  if definition then
    value = definition
  end
  local last = option and option:match "[^.]*$" or section
  if is_secret(last) or last:find "_file$" then -- where a file stands is its machine's business
    return add(lines, section, option, "set")
  elseif last == "provider" then
    return add(lines, section, option, value.id)
  end
  local text = in_a_line(value) or list_in_a_line(value, ORDERED[last])
  if text then
    return add(lines, section, option, text)
  end
  local own = option == "options" -- what only an operator's module knows
  for _, name in ipairs(sorted.keys(value)) do
    local part = value[name]
    local path = (option and option .. "." or "") .. plain_name(tostring(name))
    if own then
      add(lines, section, path, "set")
    elseif type(part) ~= "function" or not getmetatable(value) then -- of a rule for retries that is its kind
      put(lines, section, path, part)
    end
  end
end

-- A source or a target.
local function put_peer(lines, section, peer)
  local definition = identity.definition(peer)
  add(lines, section, nil, definition and definition.module.name or tostring(peer.name or "set"))
  for _, part in ipairs { "options", "common" } do
    for _, name in ipairs(sorted.keys(definition and definition[part] or {})) do
      put(lines, section, plain_name(name), definition[part][name])
    end
  end
end

-- Of those adjustments of a rule that fit a finding the last one decides, so their order is told, and no other.
local function put_checks(lines, section, checks)
  local by_rule = {}
  for _, adjustment in ipairs(checks.adjustments) do
    if not adjustment.implied then
      local words = { adjustment.severity }
      for _, where in ipairs { "owner", "under", "matching" } do
        words[#words + 1] = adjustment[where] and where .. " " .. plain(adjustment[where]) or nil
      end
      local list = by_rule[adjustment.rule] or {}
      by_rule[adjustment.rule] = list
      list[#list + 1] = table.concat(words, " ")
    end
  end
  add(lines, section, "set", checks.set)
  for rule, list in pairs(by_rule) do
    add(lines, section, plain_name(rule), table.concat(list, ", then "))
  end
  for _, rule in ipairs(checks.rules) do
    if not rule.implied then
      add(lines, section, "rule " .. plain_name(rule.id), ("%s, %s"):format(rule.severity, place(rule.check)))
    end
  end
end

-- What is said of a zone, or of the zones that a catalog lists.
local function put_zone(lines, prefix, setting)
  put_peer(lines, prefix .. "source", setting.source)
  for _, target in ipairs(setting.targets or {}) do
    put_peer(lines, prefix .. "target " .. plain_name(target.name), target)
  end
  if setting.checks then
    put_checks(lines, prefix .. "checks", setting.checks)
  end
  add(lines, prefix .. "zonemd", nil, tostring(setting.zonemd or false))
  if setting.group then
    add(lines, prefix .. "group", nil, setting.group)
  end
  if setting.member then
    add(lines, prefix .. "listed by", nil, setting.member.catalog)
  end
  local members = setting.members
  if members then
    put_zone(lines, prefix .. "members ", members)
    for name, options in pairs(members.groups or {}) do
      put_zone(lines, ("%smembers of group %s "):format(prefix, plain_name(name)), options)
    end
  end
end

local function hash_of(text)
  return hex.encode(digest.new("sha256"):final(text)):sub(1, HASH_DIGITS)
end

---@class understudy.Settings
---@field common string[] lines of what holds for all zones
local Settings = {}
Settings.__index = Settings
Settings.__name = "understudy.Settings"

--- The text of a zone's settings.
---@param setting table of the policy
---@return string
function Settings:text(setting)
  local lines = table.move(self.common, 1, #self.common, 1, {})
  put_zone(lines, "", setting)
  table.sort(lines)
  return table.concat(lines, "\n") .. "\n"
end

--- The hash of that text. Most zones have what they are given in common with others, so there are few.
---@param setting table of the policy
---@return string
function Settings:hash(setting)
  local kind = not setting.members and getmetatable(setting) or setting
  local known = self.known[kind]
  if not known then
    known = {}
    self.known[kind] = known
  end
  local group, catalog = setting.group or false, setting.member and setting.member.catalog or false
  known[group] = known[group] or {}
  known[group][catalog] = known[group][catalog] or hash_of(self:text(setting))
  return known[group][catalog]
end

--- Whether all that holds for all zones is the same in another policy.
---@param other understudy.Settings
---@return boolean
function Settings:same_for_all(other)
  return table.concat(self.common, "\n") == table.concat(other.common, "\n")
end

--- The settings of a policy.
---@param policy understudy.Policy
---@return understudy.Settings
function M.new(policy)
  local lines = {}
  for name, value in pairs(policy) do
    if not APART[name] then
      put(lines, name, nil, value)
    end
  end
  table.sort(lines)
  return setmetatable({ common = lines, known = setmetatable({}, { __mode = "k" }) }, Settings)
end

-- The options of each section of a text; what has no option stands under "".
local function read(text)
  local sections = {}
  for line in text:gmatch "[^\n]+" do
    local name, value = line:match "^(.-) = (.*)$"
    local section, option = name:match "^(.-): (.*)$"
    section, option = section or name, option or ""
    sections[section] = sections[section] or {}
    sections[section][option] = value
  end
  return sections
end

---@class understudy.SettingsDifference
---@field what string      "guard: max_removed", or "target knot" as a whole
---@field here? string     its value; nil: there is none
---@field there? string

--- In what two texts differ. A source, a target or another part that only one has is one difference.
---@param here string
---@param there string
---@return understudy.SettingsDifference[] in order
function M.differences(here, there)
  local list, ours, theirs = {}, read(here), read(there)
  local names = {}
  for _, sections in ipairs { ours, theirs } do
    for name in pairs(sections) do
      names[name] = true
    end
  end
  for _, name in ipairs(sorted.keys(names)) do
    local mine, other, options = ours[name], theirs[name], {}
    if not mine or not other then
      options[""] = true
    else
      for _, part in ipairs { mine, other } do
        for option, value in pairs(part) do
          options[option] = mine[option] ~= value or other[option] ~= value or nil
        end
      end
    end
    for _, option in ipairs(sorted.keys(options)) do
      list[#list + 1] = {
        what = option == "" and name or name .. ": " .. option,
        here = mine and (mine[option] or other == nil and "set") or nil,
        there = other and (other[option] or mine == nil and "set") or nil,
      }
    end
  end
  return list
end

return M
