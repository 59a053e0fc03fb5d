--- resolve: what an ALIAS to a name would publish, and why.

local cli_resolver = require "understudy.cli.resolver"
local cli_settings = require "understudy.cli.settings"
local core = require "understudy.core"
local error_object = require "understudy.error"

local M = {}

function M.arguments(parser)
  parser:argument("names", "Host names."):argname "NAME":args "+"
  cli_resolver.option(parser)
  cli_settings.alias_option(parser)
  parser:flag("--json", "Answer as JSON.")
end

local WHY <const> = {
  nodata = "no address: the name has no record of this type",
  nxdomain = "no address: the name does not exist",
}

local function print_text(out, lookups)
  local last
  for _, lookup in ipairs(lookups) do
    if lookup.target ~= last then
      out:line("%s%s", last and "\n" or "", lookup.target)
      last = lookup.target
    end
    if lookup.outcome == "addresses" then
      for _, address in ipairs(lookup.addresses) do
        out:line("  %-4s  %s  (TTL %d)", lookup.type, address, lookup.ttl)
      end
    else
      out:line("  %-4s  %s", lookup.type, WHY[lookup.outcome]
        or (lookup.outcome == "special" and "refused: " or "failed: ") .. lookup.error)
    end
    if lookup.chain and #lookup.chain > 0 then
      out:line("        by way of %s", table.concat(lookup.chain, ", "))
    end
  end
end

-- Whether every name has an address and no lookup failed.
local function all_resolved(lookups)
  local has_address, failed = {}, false
  for _, lookup in ipairs(lookups) do
    has_address[lookup.target] = has_address[lookup.target] or lookup.outcome == "addresses"
    failed = failed or lookup.outcome == "failure" or lookup.outcome == "special"
  end
  for _, has in pairs(has_address) do
    failed = failed or not has
  end
  return not failed
end

-- Puts addresses in the order in which they are published.
local function sort_addresses(lookups)
  local answers = core.answers {}
  for _, lookup in ipairs(lookups) do
    if lookup.outcome == "addresses" then
      local _, answer = answers:learn(lookup, 0)
      lookup.addresses = answer.addresses
    end
  end
end

function M.run(args, console)
  local names = {}
  for i, name in ipairs(args.names) do
    names[i] = name:match "%.$" and name or name .. "."
  end
  local settings, problem = cli_settings.alias(args)
  if not settings then
    return error_object.fail("usage", "%s", problem)
  end
  local lookups, err = cli_resolver.lookups(cli_resolver.questions(names), cli_resolver.options(args, settings))
  if not lookups then
    return nil, err
  end
  sort_addresses(lookups)
  if args.json then
    console.out:json(lookups)
  else
    print_text(console.out, lookups)
  end
  return all_resolved(lookups) and 0 or 1
end

return M
