--- pull: one transfer by hand: the whole zone, or an error.

local address = require "understudy.net.address"
local cli_zone = require "understudy.cli.zone"
local key = require "understudy.policy.key"
local policy = require "understudy.policy"
local tls = require "understudy.net.tls"
local transfer = require "understudy.net.transfer"

local M = {}

local function zone_name(text)
  return policy.zone_name(text)
end

-- Checked here, read in run, where it is known whether TLS is meant.
local function endpoint(text)
  local host, problem = address.parse(text)
  return host and text, tostring(problem)
end

-- The name server that the options speak of.
local function primary_of(args)
  local host, port = address.parse(args.from, args.tls and 853 or 53)
  host = address.canonical(host)
  local primary = { address = host, port = port, text = address.format(host, port) }
  if args.key then
    local made, err = key.read(args.key, { sha1 = args.sha1 })
    if not made then
      return nil, err
    end
    primary.key = made
  end
  if args.tls then
    local name = args.tls_name or host
    local context, err = tls.client { name = name, ca = args.tls_ca }
    if not context then
      return nil, err
    end
    primary.tls = { context = context, name = name }
  end
  return primary
end

function M.arguments(parser)
  parser:option("--zone", "Name of the zone."):argname "NAME":count(1):convert(zone_name)
  parser:option("--from", "Name server to transfer from, port 53 unless stated."):argname "ADDR[:PORT]":count(1)
    :convert(endpoint)
  parser:option("--key", "File with the TSIG key to sign with."):argname "FILE"
  parser:flag("--sha1", "Allow a key of hmac-sha1, which is weak.")
  parser:flag("--tls", "Transfer over TLS (RFC 9103), port 853 unless stated.")
  parser:option("--tls-name", "Name that the server's certificate must have (default: its address)."):argname "NAME"
  parser:option("--tls-ca", "File of the CAs that may say so (default: those of the system)."):argname "FILE"
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
  local primary, problem = primary_of(args)
  if not primary then
    return nil, problem
  end
  local have
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
    local ok, fault = zone:write(args.out)
    if not ok then
      return nil, fault
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
