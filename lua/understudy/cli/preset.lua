--- preset: what is known of secondary DNS providers, what to enter there, and whether it is still so.

local alias = require "understudy.policy.alias"
local cli_resolver = require "understudy.cli.resolver"
local cli_secondary = require "understudy.cli.secondary"
local address = require "understudy.net.address"
local key = require "understudy.policy.key"
local preset = require "understudy.preset"
local self_hosted = require "understudy.preset.self_hosted"
local sorted = require "understudy.sorted"
local suggest = require "understudy.suggest"
local uerror = require "understudy.error"

local M = {}

local SELF_HOSTED <const> = "self-hosted"

function M.arguments(parser)
  parser:command_target "action"
  local list = parser:command("list", "List the providers that are known.")
  local show = parser:command("show", "Show what is known of a provider, and what to enter there.")
  show:argument("name", "A provider, or self-hosted for the configuration of one's own secondary."):argname "NAME"
  cli_secondary.options(show)
  local check = parser:command("check", "Look up the host names of providers and compare.")
  check:argument("names", "Providers (default: all)."):argname "NAME":args "*"
  cli_resolver.option(check)
  for _, command in ipairs { list, show, check } do
    command:flag("--json", "Answer as JSON.")
  end
end

local function find(id)
  local provider = preset.get(id)
  if provider then
    return provider
  end
  local ids = { SELF_HOSTED }
  for i, known in ipairs(preset.all()) do
    ids[i + 1] = known.id
  end
  return uerror.fail("absent", "%s", suggest.unknown("provider", id, ids))
end

-- ---------------------------------------------------------------- list

local function list(args, console)
  local providers, rows = {}, {}
  for i, provider in ipairs(preset.all()) do
    local confidence, as_of = provider.confidence, provider.as_of
    providers[i] = { id = provider.id, label = provider.label, confidence = confidence, as_of = as_of }
    rows[i] = { provider.id, provider.label, confidence, as_of }
  end
  if args.json then
    console.out:json(providers)
  else
    console.out:columns(rows)
  end
  return 0
end

-- ---------------------------------------------------------------- show

-- The configuration of one's own secondary, with a key that nobody has yet.
local function show_self_hosted(args, console)
  local fields = key.fresh "understudy"
  args.kinds = #args.kinds > 0 and args.kinds or self_hosted.KINDS
  if not args.json then
    console.out:write("# A fresh key. Here it belongs in a file that only its owner can read:\n", key.text(fields),
      "\n")
  end
  return cli_secondary.print(args, fields, console)
end

local CONFIDENCE <const> = {
  confirmed = "as the provider documents it",
  agreed = "as many configurations have it",
  reported = "not confirmed: look at the provider's page",
}

-- What the owner enters at the provider.
local function entries(provider, args)
  local primary = cli_secondary.primary(args)
  return {
    zone = cli_secondary.zones(args)[1]:gsub("%.$", ""),
    primary = primary.address,
    port = primary.port,
    tsig = provider.tsig == "none" and "none" or "none, or the name, algorithm and secret of the target's key",
  }
end

local function policy_line(provider)
  if provider.confidence == "reported" then
    return ('target.secondary "%s" { transfer = { … }, notify = { … }, serve = "…" }'):format(provider.id)
  end
  return ('target.secondary "%s" {%s}'):format(provider.id, provider.serve and "" or ' serve = "…" ')
end

-- What else is known, in sentences.
local function notes(provider)
  local sentences = table.move(provider.notes, 1, #provider.notes, 1, {})
  local function add(wanted, format, ...)
    sentences[#sentences + 1] = wanted and format:format(...) or nil
  end
  add(provider.primary_family == "v4", "It reaches primaries by IPv4 only.")
  add(provider.ignores_refresh, "It goes by a setting of its own in place of the refresh of the SOA.")
  add(provider.ixfr, "It asks for changes alone (IXFR).")
  add(provider.algorithms, "Its TSIG algorithms are %s.", table.concat(provider.algorithms or {}, ", "))
  add(true, "Known from %s.%s", provider.source, provider.url and (" See %s"):format(provider.url) or "")
  return sentences
end

local function print_provider(provider, args, out)
  local typed = entries(provider, args)
  out:line("%s, %s, as of %s", provider.label, CONFIDENCE[provider.confidence], provider.as_of)
  out:line("\nIn the policy:\n  %s", policy_line(provider))
  out:line("\nEnter at the provider:\n  zone                    %s\n  primary (master) server %s\n  port"
    .. "                    %d\n  TSIG key                %s", typed.zone, typed.primary, typed.port, typed.tsig)
  out:line("\nTransfers come from:")
  for _, entry in ipairs(preset.transfer(provider)) do
    out:line("  %s%s", entry.address, entry.until_ and (" (until %s)"):format(entry.until_) or "")
  end
  out:line("\nNOTIFY goes to:\n  %s", table.concat(provider.notify, "\n  "))
  local names = provider.ns == "account" and "those that the provider shows for your account"
    or table.concat(provider.ns, "\n  ")
  out:line("\nAdd to the NS records of the zone, and to its delegation:\n  %s", names)
  out:line ""
  for _, note in ipairs(notes(provider)) do
    out:line("%s", note)
  end
end

local function show(args, console)
  if args.name == SELF_HOSTED then
    return show_self_hosted(args, console)
  end
  local provider, err = find(args.name)
  if not provider then
    return nil, err
  elseif args.json then
    console.out:json {
      id = provider.id, label = provider.label, confidence = provider.confidence, as_of = provider.as_of,
      transfer = preset.transfer(provider), notify = provider.notify, serve = provider.serve, ns = provider.ns,
      tsig = provider.tsig, algorithms = provider.algorithms, source = provider.source, url = provider.url,
      primary_family = provider.primary_family, ixfr = provider.ixfr, ignores_refresh = provider.ignores_refresh,
      notes = provider.notes, policy = policy_line(provider),
      enter = entries(provider, args),
    }
  else
    print_provider(provider, args, console.out)
  end
  return 0
end

-- ---------------------------------------------------------------- check

-- Addresses in one spelling and order.
local function normal(addresses)
  local made = {}
  for i, text in ipairs(addresses) do
    made[i] = address.canonical(text)
  end
  table.sort(made)
  return table.concat(made, ", ")
end

-- What a host name has, and whether that is what the preset says.
local function compare(host, expected, a, aaaa)
  local found, failed = {}, nil
  for _, lookup in ipairs { a, aaaa } do
    if lookup.outcome == "addresses" then
      table.move(lookup.addresses, 1, #lookup.addresses, #found + 1, found)
    elseif lookup.outcome == "failure" then
      failed = lookup.error
    end
  end
  local state = failed and "unknown" or normal(found) == normal(expected) and "same" or "differs"
  return { host = host, state = state, expected = normal(expected), found = failed or normal(found) }
end

-- Lines about what is past its date, and the hosts to look up.
local function gather(providers, now)
  local results, hosts = {}, {}
  for _, provider in ipairs(providers) do
    for _, entry in ipairs(preset.transfer(provider)) do
      if preset.is_past(entry.until_, now) then
        results[#results + 1] = {
          id = provider.id, host = entry.address, state = "past", expected = "until " .. entry.until_, found = "",
        }
      end
    end
    for _, name in ipairs(sorted.keys(provider.hosts or {})) do
      hosts[#hosts + 1] = { provider = provider, name = name }
    end
  end
  return results, hosts
end

local function chosen(names)
  local providers = {}
  for i, name in ipairs(names) do
    local provider, err = find(name)
    if not provider then
      return nil, err
    end
    providers[i] = provider
  end
  return #names > 0 and providers or preset.all()
end

local function check(args, console)
  local providers, err = chosen(args.names)
  if not providers then
    return nil, err
  end
  local results, hosts = gather(providers, os.time())
  local names = {}
  for i, host in ipairs(hosts) do
    names[i] = host.name
  end
  local options = cli_resolver.options(args, alias.shape {})
  local lookups, problem = cli_resolver.lookups(cli_resolver.questions(names), options)
  if not lookups then
    return nil, problem
  end
  for i, host in ipairs(hosts) do
    local result = compare(host.name, host.provider.hosts[host.name], lookups[2 * i - 1], lookups[2 * i])
    result.id = host.provider.id
    results[#results + 1] = result
  end
  local status, rows = 0, {}
  for i, result in ipairs(results) do
    status = result.state ~= "same" and 1 or status
    local found = result.state == "differs" and "; found " .. result.found
      or result.state == "unknown" and "; " .. result.found or ""
    rows[i] = { result.id, result.host, result.state, result.expected .. found }
  end
  if args.json then
    console.out:json(results)
  else
    console.out:columns(rows)
  end
  return status
end

local ACTIONS <const> = { list = list, show = show, check = check }

function M.run(args, console)
  return ACTIONS[args.action](args, console)
end

return M
