--- key: a TSIG key from a file in BIND's form, as tsig-keygen and rndc-confgen print it:
--
--   key "ns-b" { algorithm hmac-sha256; secret "…"; };

local core = require "understudy.core"
local lfs = require "lfs"
local uerror = require "understudy.error"

local M = {}

local FILE_MAX <const> = 64 * 1024

-- Who but its owner may read the file would know the secret.
local function check_mode(path)
  local attributes = lfs.attributes(path)
  if not attributes or attributes.mode ~= "file" then
    return uerror.fail("refused", "%s is not a file", path)
  elseif attributes.permissions:sub(4):find "[^-]" then
    return uerror.fail("refused", "%s can be read by others than its owner: chmod 600 %s", path, path)
  end
  return true
end

local SKIPPED <const> = { "^%s+", "^/%*.-%*/", "^//[^\n]*", "^#[^\n]*" }
local TOKENS <const> = { "^\"([^\"\n]*)\"", "^([{};])", "^([^%s{};\"]+)" }

local function match_any(patterns, text, at)
  for _, pattern in ipairs(patterns) do
    local first, last, token = text:find(pattern, at)
    if first then
      return last + 1, token
    end
  end
end

-- The words and signs of the text, without comments; what can't be read ends the list.
local function tokens(text)
  local list, at = {}, 1
  while at <= #text do
    local next_at = match_any(SKIPPED, text, at)
    if not next_at then
      next_at, list[#list + 1] = match_any(TOKENS, text, at)
    end
    if not next_at then
      break
    end
    at = next_at
  end
  return list
end

-- The one statement `key name { option value; … };` of the list.
local function read_statement(list)
  local options = {}
  if list[1] ~= "key" or not list[2] or list[3] ~= "{" then
    return nil
  end
  local i = 4
  while list[i] and list[i] ~= "}" do
    if not list[i + 1] or list[i + 2] ~= ";" then
      return nil
    end
    options[list[i]] = list[i + 1]
    i = i + 3
  end
  if list[i] ~= "}" or list[i + 1] ~= ";" or list[i + 2] then
    return nil
  end
  return list[2], options
end

--- Reads a key from the text of such a file.
---@param text string
---@param file string for messages
---@return any? key
---@return understudy.Error? err
function M.parse(text, file)
  local name, options = read_statement(tokens(text))
  if not name then
    return uerror.fail("syntax", "%s is not one key \"name\" { algorithm …; secret \"…\"; };", file)
  end
  for _, option in ipairs { "algorithm", "secret" } do
    if not options[option] then
      return uerror.fail("syntax", "%s: the key '%s' has no %s", file, name, option)
    end
  end
  local key, err = core.key { name = name, algorithm = options.algorithm:lower(), secret = options.secret }
  if not key then
    return uerror.fail("syntax", "%s: %s", file, err.message)
  end
  return key
end

--- Reads a key from a file that only its owner can read.
---@param path string
---@return any? key
---@return understudy.Error? err
function M.read(path)
  local file <close>, reason = io.open(path, "rb")
  if not file then
    return uerror.fail("absent", "%s", reason)
  end
  local ok, err = check_mode(path)
  if not ok then
    return nil, err
  end
  return M.parse(file:read(FILE_MAX) or "", path)
end

return M
