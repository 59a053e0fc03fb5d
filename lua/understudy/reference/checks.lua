--- checks: writes the rules as a page, docs/checks.md, and lists them for `understudy check --rules`.

local core = require "understudy.core"
local online_rules = require "understudy.check.online_rules"
local differences = require "understudy.reference.differences"

local M = {}

-- In the order of the page.
local GROUPS <const> = {
  { "reading", "Reading a zone file" },
  { "zone", "The zone as a whole" },
  { "soa", "The values of the SOA" },
  { "names", "Owners, TTLs and RRsets" },
  { "structure", "Types that share a name, and delegations" },
  { "targets", "Names that records lead to" },
  { "types", "Each type's own rules" },
  { "proprietary", "ALIAS, POOL and URL" },
  { "online", "What the rest of the DNS says: only with `--online`" },
}

local HEAD <const> = [[
# The rules for zones

This page is made from the rules themselves by `make docs`; `understudy check --rules` lists them, with `--json` for
programs, and `understudy.rules()` has them for Lua.

`understudy check FILE` and `zone:check()` apply them all in one pass. An error keeps the last good version of a zone
served; a warning or a note is reported, and the zone is published. Nothing is ever repaired or left out on its owner's
behalf: a finding names what is wrong, what follows from it at a secondary, and what the choices are.

How grave a rule is depends on the set that is used: `lenient`, `default` or `strict`. A rule marked **binding** is an
error in all of them, because a name server refuses such a zone as a whole, or because no zone can be made of it.

A finding is `{ id, severity, zone, owner, types, records, message, rule, consequence, options, authority,
fingerprint }`.
Its records have their file and line if they were read from a file, or the id that their source has for them, and owner,
type and data. Its fingerprint is made of
zone, rule, owner and types, and of an `--online` rule also of the server, target or delegation that is wrong: it
stays the same while the fault does, so a finding can be acknowledged by it.

]]

local function grouped()
  local groups = { online = online_rules }
  for _, rule in ipairs(core.rules()) do
    groups[rule.group] = groups[rule.group] or {}
    table.insert(groups[rule.group], rule)
  end
  return groups
end

local function severity_text(rule)
  local sets = rule.sets
  if rule.binding then
    return "**error**, binding"
  elseif sets.lenient == sets.default and sets.default == sets.strict then
    return ("**%s**"):format(rule.severity)
  elseif sets.lenient ~= sets.default then
    return ("**%s**, %s if lenient"):format(rule.severity, sets.lenient)
  end
  return ("**%s**, %s if strict"):format(rule.severity, sets.strict)
end

local function option_line(option)
  local policy = option.policy and (" In the policy: `%s`"):format(option.policy) or ""
  return ("- %s: %s.%s\n"):format(option.label, option.effect, policy)
end

local function rule_text(rule)
  local options = {}
  for i, option in ipairs(rule.options) do
    options[i] = option_line(option)
  end
  local authority = rule.authority ~= "" and (" (%s)"):format(rule.authority) or ""
  return ("### %s\n\n%s. %s%s\n\n%s\n\n%s\n"):format(
    rule.id, severity_text(rule), rule.rule, authority, rule.consequence, table.concat(options))
end

local function group_text(title, rules)
  local parts = { ("## %s\n\n"):format(title) }
  for _, rule in ipairs(rules) do
    parts[#parts + 1] = rule_text(rule)
  end
  return table.concat(parts)
end

--- The page.
---@return string
function M.page()
  local groups, parts = grouped(), { HEAD }
  for _, group in ipairs(GROUPS) do
    local name, title = table.unpack(group)
    parts[#parts + 1] = group_text(title, groups[name])
    groups[name] = nil
  end
  assert(not next(groups), "a group of rules has no place on the page")
  parts[#parts + 1] = differences.text()
  return (table.concat(parts):gsub("\n+$", "\n"))
end

--- The rules, one a line: how grave, id, what it asks for.
---@return string
function M.list()
  local lines = {}
  for i, rule in ipairs(core.rules()) do
    lines[i] = ("%-8s%-24s %s\n"):format(rule.severity, rule.id, rule.rule)
  end
  return table.concat(lines)
end

return M
