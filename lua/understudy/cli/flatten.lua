--- flatten: a zone file with ALIAS, POOL and URL turned into standard records.

local cli_resolver = require "understudy.cli.resolver"
local cli_zone = require "understudy.cli.zone"

local M = {}

local TTL_MAX <const> = 0x7fffffff -- RFC 2181 §8

local function ttl(text)
  local seconds = math.tointeger(tonumber(text))
  if not seconds or seconds < 1 or seconds > TTL_MAX then
    return nil, ("'%s' is not a number of seconds from 1 to %d"):format(text, TTL_MAX)
  end
  return seconds
end

function M.arguments(parser)
  parser:argument("file", "Zone file, or - for standard input."):argname "FILE"
  cli_zone.origin_option(parser)
  cli_resolver.option(parser)
  parser:option("--redirect", "Address of the server that URL records lead to; may be given again.")
    :argname "ADDR":count "*":target "redirects"
  parser:option("--pool", "What a POOL becomes: flatten (default), first, rotate or reject.")
    :argname "MODE":choices { "flatten", "first", "rotate", "reject" }
    :default "flatten":show_default(false)
  parser:option("--min-ttl", "Least TTL of what an ALIAS becomes (default: 60).")
    :argname "SECONDS":convert(ttl)
  parser:flag("--json", "Answer as JSON, findings included.")
end

-- The flat zone to standard output and the findings to standard error; with --json both to the first.
local function write(flat, report, args, console)
  if args.json then
    local answer = flat and cli_zone.totable(flat) or {}
    answer.findings = report:totable()
    console.out:json(answer)
    return
  end
  if #report > 0 then
    console.err:write(report:text())
  end
  if flat then
    cli_zone.print(flat, console.out)
  end
end

function M.run(args, console)
  local zone, lookups, flat, report, err
  zone, err = cli_zone.read(args.file, args.origin, console.input)
  if not zone then
    return nil, err
  end
  lookups, err = cli_resolver.addresses(zone:targets { pool = args.pool }, args.resolvers)
  if not lookups then
    return nil, err
  end
  flat, report = zone:flatten {
    answers = cli_resolver.answers(lookups), pool = args.pool, min_ttl = args.min_ttl,
    redirect = args.redirects,
  }
  if not flat then
    err = report
    report = err.report
  end
  if not report then
    return nil, err
  end
  write(flat, report, args, console)
  return flat and 0 or 1
end

return M
