--- check: what is wrong with a zone file, or by which rules that is told.

-- What only some options need is brought in where it is needed: hooks for every commit check many small zones, and
-- starting takes longer than that.
local check = require "understudy.check"
local cli_findings = require "understudy.cli.findings"
local cli_zone = require "understudy.cli.zone"
local core = require "understudy.core"
local error = require "understudy.error"
local units = require "understudy.units"

local M = {}

function M.arguments(parser)
  parser:argument("file", "Zone file, or - for standard input."):argname("FILE"):args "?"
  cli_zone.origin_option(parser)
  parser:option("--policy", "Check by the rules that this policy sets for the zone."):argname "FILE"
  parser:flag("--online", "Ask the network too: about name servers, targets and the delegation.")
  parser:option("--resolver", "Name server to ask (default: the policy's or the system's); may be given again.")
    :argname "ADDR[:PORT]":count "*":target "resolvers"
  parser:option("--port", "Of the name servers of zones, for --online (default: 53)."):argname "PORT":convert(tonumber)
  parser:flag("--rules", "List all rules instead.")
  parser:option("--format", "How to report: text, json or sarif."):choices { "text", "json", "sarif" }:default "text"
  parser:flag("--json", "The same as --format json.")
end

local SHOW = {}

function SHOW.text(out, result, zone)
  local accepted = result.acknowledged or {}
  if #result.findings == 0 and #accepted == 0 then
    out:line("%s: no findings", tostring(zone))
    return
  end
  cli_findings.print(out, result.findings, "")
  for _, finding in ipairs(accepted) do
    cli_findings.print_acknowledged(out, finding)
  end
  local kept = #result.findings
  local more = result.errors + result.warnings + result.infos - kept
  out:line("%s, %s%s", units.count(result.errors, "error"), units.count(result.warnings, "warning"),
    more > 0 and (", %d of them not shown"):format(more) or "")
end

function SHOW.json(out, result, zone)
  if zone then
    result.zone, result.serial, result.records = zone.origin, zone.serial, #zone
  end
  out:json(result)
end

function SHOW.sarif(out, result, _, checks, file)
  local online_rules = require "understudy.check.online_rules"
  local more = table.move(online_rules, 1, #online_rules, 1, {})
  local all = table.move(result.findings, 1, #result.findings, 1, {})
  table.move(result.acknowledged or {}, 1, #(result.acknowledged or {}), #all + 1, all)
  table.move(checks.rules, 1, #checks.rules, #more + 1, more)
  out:json(require("understudy.check.sarif").document(all, more, file))
end

local function print_rules(out, as_json)
  if as_json then
    out:json { rules = core.rules() }
  else
    out:write(require("understudy.reference.checks").list())
  end
  return 0
end

-- The checks that a policy has for a zone, and its resolvers; the default set without a policy.
local function checks_of(zone, path)
  if not path then
    return check.DEFAULT
  end
  local policy, err = require("understudy.cli.policy").load(path)
  if not policy then
    return nil, err
  end
  for _, setting in ipairs(policy.zones) do
    if zone and setting.name == zone.origin then
      return setting.checks, policy.resolver
    end
  end
  return policy.checks, policy.resolver
end

-- Takes out of a result what people accept of the zone, by the store of the policy.
local function set_aside(result, zone, path)
  local cli_policy = require "understudy.cli.policy"
  local policy, store, rows, err
  policy, err = cli_policy.load(path)
  if policy then
    store, err = cli_policy.store(policy)
  end
  if store then
    rows, err = store:acknowledgements { zone.origin }
    store:close()
  end
  if not rows then
    return nil, err
  end
  require("understudy.check.acknowledged").set_aside(result, rows[zone.origin], os.time())
  return result
end

-- The resolvers of the command line, as a policy has them; nil if there are none.
local function resolvers_of(args)
  local address = require "understudy.net.address"
  local list = {}
  for i, text in ipairs(args.resolvers) do
    local host, port = address.parse(text, 53)
    if not host then
      return nil, ("%s is not an address with a port"):format(text)
    end
    list[i] = { address = host, port = port, text = address.format(host, port) }
  end
  return #list > 0 and list or nil
end

-- Adds what the network says of the zone.
local function look_outside(zone, checks, args, resolvers, result)
  local own, problem = resolvers_of(args)
  if problem then
    return error.fail("usage", "%s", problem)
  end
  -- Brings in the event loop, which a check of a file alone can do without.
  local findings, err = require("understudy.check.online").run(zone, { servers = own or resolvers, port = args.port })
  if not findings then
    return nil, err
  end
  check.append(result, check.grade(findings, checks, zone.origin))
  return result
end

-- What is wrong with a file, be it a zone or not.
local function examine(args, input)
  local zone, err = cli_zone.read(args.file, args.origin, input)
  local checks, resolvers = checks_of(zone, args.policy)
  if not checks then
    return nil, resolvers
  elseif zone then
    local result
    result, err = check.run(zone, checks)
    if result and args.online then
      result, err = look_outside(zone, checks, args, resolvers, result)
    end
    if result and args.policy then
      result, err = set_aside(result, zone, args.policy)
    end
    return result, err, zone, checks
  elseif not err.report then
    return nil, err
  end
  local result = err.report:totable()
  result.findings = result.findings or {}
  return result, nil, nil, checks
end

function M.run(args, console)
  local format = args.json and "json" or args.format
  if args.rules then
    return print_rules(console.out, format == "json")
  elseif not args.file then
    return error.fail("usage", "missing argument 'file'")
  end
  local result, err, zone, checks = examine(args, console.input)
  if not result then
    return nil, err
  end
  SHOW[format](console.out, result, zone, checks, args.file)
  return result.errors > 0 and 1 or 0
end

return M
