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
  show:option("--key", "TSIG key to enter there (default for self-hosted: a fresh one)."):argname "FILE"
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

local CONFIDENCE <const> = {
  confirmed = "as the provider documents it",
  agreed = "as many configurations have it",
  reported = "not confirmed: look at the provider's page",
  unknown = "no address is known: look at the provider's page",
}

local function list(args, console)
  local providers, rows = {}, { { "name", "provider", "how sure", "of" } }
  for i, provider in ipairs(preset.all()) do
    local confidence, verified_on = provider.confidence, provider.verified_on
    providers[i] = { id = provider.id, label = provider.label, confidence = confidence, verified_on = verified_on }
    rows[i + 1] = { provider.id, provider.label, confidence, verified_on }
  end
  if args.json then
    console.out:json(providers)
    return 0
  end
  console.out:columns(rows)
  console.out:line ""
  for _, confidence in ipairs { "confirmed", "agreed", "reported", "unknown" } do
    console.out:line("%s: %s", confidence, CONFIDENCE[confidence])
  end
  console.out:line("one's own NSD, Knot DNS, BIND or PowerDNS: understudy preset show %s", SELF_HOSTED)
  return 0
end

-- ---------------------------------------------------------------- show

-- The key that is to be used, as its file says it.
local function key_of(path)
  local text, err = key.slurp(path)
  if not text then
    return nil, err
  end
  return key.fields(text, path)
end

-- The configuration of one's own secondary, with a key that nobody has yet unless one is given.
local function show_self_hosted(args, console)
  local fields, err = key.fresh "understudy", nil
  if args.key then
    fields, err = key_of(args.key)
  end
  if not fields then
    return nil, err
  end
  args.kinds = #args.kinds > 0 and args.kinds or self_hosted.KINDS
  if not args.json then
    console.out:line('# In the policy: target.secondary "ns-b" { transfer = "…", notify = "…", key = key %q }',
      args.key or "understudy.key")
  end
  if not args.json and not args.key then
    console.out:write("# A fresh key. Here it belongs in understudy.key, which only its owner may read:\n",
      key.text(fields), "\n")
  end
  return cli_secondary.print(args, fields, console)
end

-- What the owner enters at the provider.
local function entries(provider, args)
  local primary, zones, fields = cli_secondary.primary(args), {}, nil
  for i, zone in ipairs(cli_secondary.zones(args)) do
    zones[i] = zone:gsub("%.$", "")
  end
  if args.key then
    local err
    fields, err = key_of(args.key)
    if not fields then
      return nil, err
    end
  end
  return { zones = zones, primary = primary.address, port = primary.port, tsig = provider.tsig, key = fields }
end

local function policy_line(provider, key_path)
  local options = {}
  if not preset.is_sure(provider) then
    options[1] = "transfer = { … }, notify = { … }"
  end
  if not provider.serve then
    options[#options + 1] = 'serve = "…"'
  end
  options[#options + 1] = key_path and ("key = key %q"):format(key_path)
  local inner = #options > 0 and (" %s "):format(table.concat(options, ", ")) or ""
  return ('target.secondary "%s" {%s}'):format(provider.id, inner)
end

-- What else is known, in sentences.
local function notes(provider)
  local sentences = table.move(provider.notes, 1, #provider.notes, 1, {})
  local function add(wanted, format, ...)
    sentences[#sentences + 1] = wanted and format:format(...) or nil
  end
  add(provider.primary_family == "v4", "It reaches primaries by IPv4 only.")
  add(provider.ignores_refresh, "It goes by a setting of its own in place of the refresh of the SOA.")
  add(provider.ixfr, "It can ask for changes alone (IXFR).")
  add(provider.algorithms, "Its TSIG algorithms are %s.", table.concat(provider.algorithms or {}, ", "))
  add(preset.is_old(provider, os.time()), "This is of %s: compare it with its page.", provider.verified_on)
  add(true, "Known from %s.%s", provider.source, provider.url and (" See %s"):format(provider.url) or "")
  return sentences
end

local TSIG <const> = {
  none = "none", unknown = "none, unless it offers one",
  optional = "none, or the one of the target: --key FILE prints it",
}

local function print_entries(typed, examples, out)
  out:line("\nEnter at the provider:")
  for _, zone in ipairs(typed.zones) do
    out:line("  zone                    %s", zone)
  end
  out:line("  primary (master) server %s\n  port                    %d", typed.primary, typed.port)
  if typed.key then
    out:line("  TSIG key name           %s\n  TSIG algorithm          %s\n  TSIG secret             %s",
      typed.key.name, typed.key.algorithm, typed.key.secret)
  else
    out:line("  TSIG key                %s", TSIG[typed.tsig])
  end
  if examples then
    out:line("  (%s)", examples)
  end
end

local function print_addresses(provider, out)
  if provider.confidence == "unknown" then
    out:line("\nWhere transfers come from and NOTIFY goes says the provider's page.")
    return
  end
  out:line("\nTransfers come from:")
  for _, entry in ipairs(preset.transfer(provider)) do
    out:line("  %s%s", entry.address, entry.until_ and (" (until %s)"):format(entry.until_) or "")
  end
  out:line("\nNOTIFY goes to%s:\n  %s", provider.notify_confidence and ", which is not confirmed" or "",
    table.concat(provider.notify, "\n  "))
end

local function print_provider(provider, typed, args, out)
  out:line("%s, %s, as of %s", provider.label, CONFIDENCE[provider.confidence], provider.verified_on)
  out:line("\nIn the policy:\n  %s", policy_line(provider, args.key))
  print_entries(typed, cli_secondary.placeholders(args), out)
  print_addresses(provider, out)
  local names = provider.ns == "account" and "those that the provider shows for your account"
    or table.concat(provider.ns, "\n  ")
  out:line("\nAdd to the NS records of the zone, and to its delegation:\n  %s\n", names)
  for _, note in ipairs(notes(provider)) do
    out:line("%s", note)
  end
end

-- What can't be done at a provider.
local function problem_of(provider, args)
  if #args.kinds > 0 or args.catalog then
    return "--for and --catalog are for 'understudy preset show " .. SELF_HOSTED .. "'"
  elseif provider.primary_family == "v4" and cli_secondary.primary(args).address:find ":" then
    return ("%s reaches primaries by IPv4 only: give such an address as --primary"):format(provider.label)
  end
end

local function show(args, console)
  if args.name == SELF_HOSTED then
    return show_self_hosted(args, console)
  end
  local provider, err = find(args.name)
  local problem = provider and problem_of(provider, args)
  if problem then
    return uerror.fail("usage", "%s", problem)
  end
  local typed
  if provider then
    typed, err = entries(provider, args)
  end
  if not typed then
    return nil, err
  elseif args.json then
    console.out:json {
      id = provider.id, label = provider.label, confidence = provider.confidence, verified_on = provider.verified_on,
      transfer = preset.transfer(provider), notify = provider.notify, notify_confidence = provider.notify_confidence,
      serve = provider.serve, ns = provider.ns,
      tsig = provider.tsig, algorithms = provider.algorithms, source = provider.source, url = provider.url,
      primary_family = provider.primary_family, ixfr = provider.ixfr, ignores_refresh = provider.ignores_refresh,
      notes = provider.notes, policy = policy_line(provider, args.key), enter = typed,
    }
  else
    print_provider(provider, typed, args, console.out)
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

-- Lines about what is past its date or old, or says that nothing can be looked up of a provider that was named; and the
-- hosts to look up.
local function gather(providers, named, now)
  local results, hosts = {}, {}
  for _, provider in ipairs(providers) do
    local old = preset.is_old(provider, now)
    if old or named and not provider.hosts then
      results[#results + 1] = {
        id = provider.id, host = "-", state = old and "old" or "no names", expected = "of " .. provider.verified_on,
        found = "compare it with the provider's page",
      }
    end
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

local FAULTS <const> = { past = true, differs = true, unknown = true }

local function check(args, console)
  local providers, err = chosen(args.names)
  if not providers then
    return nil, err
  end
  local results, hosts = gather(providers, #args.names > 0, os.time())
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
    status = FAULTS[result.state] and 1 or status
    local found = result.state == "differs" and "; found " .. result.found
      or result.state ~= "same" and result.state ~= "past" and "; " .. result.found or ""
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
