--- policy: what a policy that loads can still have wrong: secrets that others can read, keys that nothing uses,
-- certificates whose time is over.

local lfs = require "lfs"
local parties = require "understudy.cli.doctor.parties"
local shell = require "understudy.shell"
local tls = require "understudy.net.tls"
local units = require "understudy.units"

local M = {}

local EXPIRES_SOON <const> = 14 * 86400 -- seconds
local PASSWORD <const> = { "%f[%w_]password%s*=", "^postgres%a*://[^/@]*:[^/@]*@" } -- as libpq reads it

-- Whether all who have an account here can read a file. A group that may is meant.
local function is_public(path)
  local permissions = lfs.attributes(path, "permissions")
  return permissions ~= nil and permissions:sub(7, 7) == "r"
end

local function look_at_secret(path, what, say)
  if is_public(path) then
    say("fault", path, ("everybody on this machine can read it, and %s"):format(what),
      "chmod o= " .. shell.word(path))
  end
end

local function look_at_policy(policy, sources, targets, say)
  say("ok", policy.file, ("it loads: %s, %s, %s"):format(units.count(#policy.zones, "zone"),
    units.count(#sources, "source"), units.count(#targets, "target")))
  for _, pattern in ipairs(PASSWORD) do
    if policy.store and policy.store:gsub("^postgresql ", ""):find(pattern) then
      look_at_secret(policy.file, "the password of the database stands in it", say)
      return
    end
  end
end

-- The keys that sources and targets have, as a set.
local function keys_in_use(sources, targets)
  local used = {}
  for _, party in ipairs(sources) do
    used[party.what.key or false] = true
  end
  for _, party in ipairs(targets) do
    for _, key in ipairs(party.what.keys or {}) do
      used[key] = true
    end
    used[party.what.server and party.what.server.key or false] = true
  end
  return used
end

local function look_at_keys(policy, sources, targets, say)
  local used, count = keys_in_use(sources, targets), 0
  for _, read in ipairs(policy.keys) do
    if used[read.key] then
      count = count + 1
    else
      say("warning", read.file, "the policy reads this key, and no source or target of a zone has it: what it was "
        .. "meant for is not signed", "give it to a source or a target (key = …), or take it out of the policy")
    end
  end
  if count > 0 then
    say("ok", "keys", ("%s in use, which only their owner can read"):format(units.count(count, "key")))
  end
end

-- The files of TLS: of the server, and of sources that are reached so. One stands there once.
local function files_of_tls(policy, sources)
  local files, seen = {}, {}
  local function add(part)
    if part and part.certificate_file and not seen[part.certificate_file] then
      seen[part.certificate_file], files[#files + 1] = true, part
    end
  end
  add(policy.tls)
  for _, party in ipairs(sources) do
    local first = party.what.primaries and party.what.primaries[1]
    add(first and first.tls)
  end
  return files
end

local function look_at_certificate(part, say)
  local path, ends = part.certificate_file, tls.expiry(part.certificate_file)
  local left = ends and ends - os.time() or 0
  if not ends then
    say("fault", path, "it can't be read any more", "put the certificate back; until then a restart fails")
  elseif left <= 0 then
    say("fault", path, ("the certificate expired at %s: others refuse to speak TLS with us"):format(units.time(ends)),
      "renew it, then: understudy reload")
  elseif left < EXPIRES_SOON then
    say("warning", path, ("the certificate expires in %s"):format(units.span(left)),
      "renew it, then: understudy reload")
  else
    say("ok", path, ("the certificate is good for %s"):format(units.span(left)))
  end
end

---@param context understudy.DoctorContext
---@param say function
function M.look(context, say)
  local sources, targets = parties.of(context.policy)
  look_at_policy(context.policy, sources, targets, say)
  look_at_keys(context.policy, sources, targets, say)
  for _, part in ipairs(files_of_tls(context.policy, sources)) do
    look_at_certificate(part, say)
    look_at_secret(part.key_file, "it is a private key", say)
  end
end

return M
