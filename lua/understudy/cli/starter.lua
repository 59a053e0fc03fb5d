--- starter: the command `init`, which writes a first policy, zone file and key, to be edited.

local core = require "understudy.core"
local error_object = require "understudy.error"
local key = require "understudy.policy.key"
local lfs = require "lfs"
local policy = require "understudy.policy"
local shell = require "understudy.shell"
local zone_name = require "understudy.policy.zone_name"

local M = {}

local POLICY <const> = [[
-- What understudy replicates, from where and to where. Try it with `understudy plan`, then
-- `understudy run`.
return policy {
  listen   = "127.0.0.1:5300",            -- secondaries transfer from here
  source   = source.file "%s.zone",       -- one file for each zone; %s is the zone's name
  targets  = { target.secondary "first" {
    transfer = "127.0.0.1",               -- addresses that may transfer
    notify   = "127.0.0.1:5302",          -- told of changes, and asked which serial it serves
    key      = key "transfer.key",        -- transfers and NOTIFY are signed with this key
  } },
  zones    = { "@ZONE@" },

  -- resolver = "192.0.2.53",             -- asked for what ALIAS and POOL point to
  -- redirect = "192.0.2.80",             -- the web server that URL records lead to
}
]]

local ZONE <const> = [[
; @ZONE@, as you would write it for any name server. ALIAS, POOL and URL may stand in it too:
;   @    ALIAS  shop.cdn.example.net.        follows the addresses of a host name, also at the apex
;   app  POOL   eu.hosts.example.org.        one of several host names
;   old  URL    https://www.@ZONE@/          a redirect
$ORIGIN @ZONE@.
$TTL 1h

@     SOA    ns1 hostmaster ( 1 4h 1h 2w 5m )
      NS     ns1
      A      192.0.2.1
ns1   A      192.0.2.53
www   CNAME  @
]]

local NEXT <const> = [[

Next: edit the policy and the zone file, then

  understudy check @FILE@
  understudy plan --policy @POLICY@
  understudy run --policy @POLICY@

and, whenever something is not well

  understudy doctor --policy @POLICY@

What the secondary needs, if it is one's own, prints (or for knot, bind, powerdns)

  understudy key show @KEY@ --for nsd --zone @WORD@ --primary 127.0.0.1:5300

and what to enter at a provider of secondary DNS: understudy preset list
]]

function M.arguments(parser)
  parser:argument("folder", "Where to write (default: here)."):argname "DIR":args "?"
  parser:option("--zone", "Name of the zone (default: example.com)."):argname "NAME"
    :default "example.com":show_default(false):convert(function(name)
      local full, problem = policy.zone_name(name)
      return full and full:gsub("%.$", ""), problem
    end)
  parser:flag("--json", "Answer as JSON.")
end

local function fill(text, words)
  return (text:gsub("@(%u+)@", words))
end

-- The files to write: path, text, and whether they are for their owner only.
local function files_for(args)
  local folder = args.folder == "." and "" or args.folder:gsub("/*$", "/", 1)
  local zone_file, policy_file = folder .. zone_name.file(args.zone) .. ".zone", folder .. "understudy.lua"
  local words = {
    ZONE = args.zone, FILE = shell.word(zone_file), POLICY = shell.word(policy_file), WORD = shell.word(args.zone),
    KEY = shell.word(folder .. "transfer.key"),
  }
  return {
    { policy_file, fill(POLICY, words), false },
    { zone_file, fill(ZONE, words), false },
    { folder .. "transfer.key", key.text(key.fresh "transfer"), true },
  }, fill(NEXT, words)
end

function M.run(args, console)
  args.folder = args.folder or "."
  local files, next_steps = files_for(args)
  for _, file in ipairs(files) do
    if lfs.attributes(file[1]) then
      return error_object.fail("exists", "%s: exists already; nothing was written", file[1])
    end
  end
  local ok, err = core.make_folder(args.folder)
  local wrote = {}
  for i, file in ipairs(files) do
    if ok then
      ok, err = core.create_file(table.unpack(file))
      wrote[i] = file[1]
    end
  end
  if not ok then
    return nil, err
  elseif args.json then
    console.out:json { wrote = wrote }
    return 0
  end
  for _, path in ipairs(wrote) do
    console.out:line("wrote %s", path)
  end
  console.out:write(next_steps)
  return 0
end

return M
