--- pull: one transfer by hand: the whole zone, or an error.

local address = require "understudy.net.address"
local cli_zone = require "understudy.cli.zone"
local key = require "understudy.policy.key"
local policy = require "understudy.policy"
local transfer = require "understudy.net.transfer"

local M = {}

local function zone_name(text)
  return policy.zone_name(text)
end

local function endpoint(text)
  local host, port = address.parse(text, 53)
  if not host then
    return nil, tostring(port)
  end
  host = address.canonical(host)
  return { address = host, port = port, text = address.format(host, port) }
end

function M.arguments(parser)
  parser:option("--zone", "Name of the zone."):argname "NAME":count(1):convert(zone_name)
  parser:option("--from", "Name server to transfer from, port 53 unless stated."):argname "ADDR[:PORT]":count(1)
    :convert(endpoint)
  parser:option("--key", "File with the TSIG key to sign with."):argname "FILE"
  parser:flag("--sha1", "Allow a key of hmac-sha1, which is weak.")
  parser:option("--have", "Zone file to start from: asks for what changed since (IXFR)."):argname "FILE"
  parser:option("--out", "File to write; it appears or is replaced as a whole."):argname "FILE"
  parser:flag("--json", "Answer as JSON.")
end

-- Says how the zone came.
local function summary(have, zone, incremental)
  if have and zone == have then
    return "current"
  end
  return incremental and "changes" or "whole zone"
end

function M.run(args, console)
  local primary, have = args.from, nil
  if args.key then
    local made, err = key.read(args.key, { sha1 = args.sha1 })
    if not made then
      return nil, err
    end
    primary.key = made
  end
  if args.have then
    local err
    have, err = cli_zone.read(args.have, args.zone, console.input)
    if not have then
      return nil, err
    end
  end
  local zone, how = transfer.fetch(primary, args.zone, have)
  if not zone then
    return nil, how
  end
  if args.out then
    local ok, problem = zone:write(args.out)
    if not ok then
      return nil, problem
    end
  end
  if args.json then
    local result = args.out and {} or cli_zone.totable(zone)
    result.zone, result.serial, result.how = zone.origin, zone.serial, summary(have, zone, how)
    console.out:json(result)
  elseif not args.out then
    cli_zone.print(zone, console.out)
  else
    console.out:line("%s serial %d: %d records (%s)", zone.origin, zone.serial or 0, #zone,
      summary(have, zone, how))
  end
  return 0
end

return M
