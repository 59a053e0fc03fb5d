--- starter: the command `init`, which writes a first policy, zone file and key, to be edited.

local error_object = require "understudy.error"
local lfs = require "lfs"
local policy = require "understudy.policy"

local M = { summary = "Write a first policy, zone file and key." }

local SECRET_OCTETS <const> = 32

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

local KEY <const> = [[
key "transfer" { algorithm hmac-sha256; secret "@SECRET@"; };
]]

local NEXT <const> = [[

Next: edit the policy and the zone file, then

  understudy check @FOLDER@@ZONE@.zone
  understudy plan --policy @FOLDER@understudy.lua
  understudy run --policy @FOLDER@understudy.lua

A secondary that is an NSD takes the zone with this in its configuration, and the secret from
@FOLDER@transfer.key:

  key:
      name: "transfer"
      algorithm: hmac-sha256
      secret: "…"
  zone:
      name: "@ZONE@"
      request-xfr: AXFR 127.0.0.1@5300 transfer
      allow-notify: 127.0.0.1 transfer
]]

function M.arguments(parser)
  parser:argument("folder", "Where to write (default: here)."):argname "DIR":args "?":default "."
    :show_default(false)
  parser:option("--zone", "Name of the zone (default: example.com)."):argname "NAME"
    :default "example.com":show_default(false):convert(function(name)
      local full, problem = policy.zone_name(name)
      return full and full:gsub("%.$", ""), problem
    end)
end

local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function fill(text, words)
  return (text:gsub("@(%u+)@", words))
end

local function new_secret()
  local basexx = require "basexx"
  local source <close> = assert(io.open("/dev/urandom", "rb"))
  return basexx.to_base64(source:read(SECRET_OCTETS))
end

-- Writes a file that must not be there yet. The shell can do what Lua cannot: create a file only if
-- there is none, and for its owner alone.
local function create(path, text, mask)
  local command = ("umask %s && set -C && exec 2>/dev/null && cat > %s"):format(mask, quoted(path))
  local pipe <close> = assert(io.popen(command, "w"))
  pipe:write(text)
  if not pipe:close() then
    return error_object.fail("io", "%s: exists already, or cannot be created", path)
  end
  return true
end

function M.run(args, console)
  local folder = args.folder == "." and "" or args.folder:gsub("/*$", "/", 1)
  local words = { ZONE = args.zone, FOLDER = folder, SECRET = new_secret() }
  local files = {
    { folder .. "understudy.lua", POLICY, "022" },
    { folder .. args.zone .. ".zone", ZONE, "022" },
    { folder .. "transfer.key", KEY, "077" },
  }
  for _, file in ipairs(files) do
    if lfs.attributes(file[1]) then
      return error_object.fail("io", "%s: exists already; nothing was written", file[1])
    end
  end
  if folder ~= "" and not os.execute("mkdir -p -- " .. quoted(folder)) then
    return error_object.fail("io", "%s: cannot be created", folder)
  end
  for _, file in ipairs(files) do
    local path, template, mask = table.unpack(file)
    local ok, err = create(path, fill(template, words), mask)
    if not ok then
      return nil, err
    end
    console.out:line("wrote %s", path)
  end
  console.out:write(fill(NEXT, words))
  return 0
end

return M
