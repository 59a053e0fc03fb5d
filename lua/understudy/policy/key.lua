--- key: a TSIG key from a file in BIND's form, as tsig-keygen and rndc-confgen print it:
--
--   key "ns-b" { algorithm hmac-sha256; secret "…"; };

local core = require "understudy.core"
local identity = require "understudy.identity"
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

--- Reads what the text of such a file says.
---@param text string
---@param file string for messages
---@return {name: string, algorithm: string, secret: string}? fields
---@return understudy.Error? err
function M.fields(text, file)
  local name, options = read_statement(tokens(text))
  if not name then
    return uerror.fail("syntax", "%s is not one key \"name\" { algorithm …; secret \"…\"; };", file)
  end
  for _, option in ipairs { "algorithm", "secret" } do
    if not options[option] then
      return uerror.fail("syntax", "%s: the key '%s' has no %s", file, name, option)
    end
  end
  return { name = name, algorithm = options.algorithm:lower(), secret = options.secret }
end

--- Makes a key of the text of such a file.
---@param text string
---@param file string for messages
---@param allowed? {sha1?: boolean} hmac-sha1 is too weak to be used without (RFC 8945 §10)
---@return any? key
---@return understudy.Error? err
function M.parse(text, file, allowed)
  local fields, problem = M.fields(text, file)
  if not fields then
    return nil, problem
  elseif fields.algorithm == "hmac-sha1" and not (allowed and allowed.sha1) then
    return uerror.fail("refused", "%s: hmac-sha1 is weak; where the peer has nothing better, say so: "
      .. "key(\"file\", { sha1 = true })", file)
  end
  local key, err = core.key(fields)
  if not key then
    return uerror.fail("syntax", "%s: %s", file, err.message)
  end
  return identity.define(key, {
    name = fields.name, algorithm = fields.algorithm, secret = identity.fingerprint(fields.secret),
  })
end

--- The text of a file that only its owner can read.
---@param path string
---@return string? text
---@return understudy.Error? err
function M.slurp(path)
  local file <close>, reason = io.open(path, "rb")
  if not file then
    return uerror.fail("absent", "%s", reason)
  end
  local ok, err = check_mode(path)
  if not ok then
    return nil, err
  end
  return file:read(FILE_MAX) or ""
end

--- Reads a key from a file that only its owner can read.
---@param path string
---@param allowed? {sha1?: boolean}
---@return any? key
---@return understudy.Error? err
function M.read(path, allowed)
  local text, err = M.slurp(path)
  if not text then
    return nil, err
  end
  return M.parse(text, path, allowed)
end

-- Octets of a fresh secret: as many as the MAC has (RFC 8945 §9).
local SECRET_OCTETS <const> = { ["hmac-sha256"] = 32, ["hmac-sha384"] = 48, ["hmac-sha512"] = 64 }

--- The algorithms that a new key can have.
M.ALGORITHMS = { "hmac-sha256", "hmac-sha384", "hmac-sha512" }

--- A key with a fresh secret.
---@param name string
---@param algorithm? string one of ALGORITHMS, by default the first
---@return {name: string, algorithm: string, secret: string} fields
function M.fresh(name, algorithm)
  algorithm = algorithm or M.ALGORITHMS[1]
  local source <close> = assert(io.open("/dev/urandom", "rb"))
  local basexx = require "basexx"
  return { name = name, algorithm = algorithm, secret = basexx.to_base64(source:read(SECRET_OCTETS[algorithm])) }
end

--- The text of a file for a key.
---@param fields {name: string, algorithm: string, secret: string}
---@return string
function M.text(fields)
  return ("key \"%s\" { algorithm %s; secret \"%s\"; };\n"):format(fields.name, fields.algorithm, fields.secret)
end

return M
