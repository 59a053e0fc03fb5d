--- sarif: findings for code hosts, in the Static Analysis Results Interchange Format (SARIF) 2.1.0.

local core = require "understudy.core"
local percent = require "understudy.percent"
local version = require "understudy.version"

local M = {}

local LEVELS <const> = { error = "error", warning = "warning", info = "note", off = "none" }

-- A message. Single braces would be a placeholder (§3.11.5), and what a zone holds must not become a link (§3.11.6).
local function text(words)
  return { text = (words:gsub("[{}]", "%0%0"):gsub("%]%(", "] (")) }
end

-- A path as a URI reference (RFC 3986 §4.1), without a scheme, so that a code host finds it in the checkout.
local function uri(path)
  return (path:gsub("^%./", ""):gsub("[^/]+", percent.encode))
end

local function help(rule)
  local lines = { rule.consequence }
  for _, option in ipairs(rule.options) do
    lines[#lines + 1] = ("You can %s: %s."):format(option.label, option.effect)
  end
  return table.concat(lines, "\n")
end

-- Rules in the order of the document, and the index of each by its id.
local function rules(more)
  local list, index = {}, {}
  local function add(id, severity, words, told)
    list[#list + 1] = {
      id = id,
      shortDescription = text(words),
      fullDescription = text(told.authority ~= "" and ("%s (%s)"):format(words, told.authority) or words),
      help = text(help(told)),
      defaultConfiguration = { level = LEVELS[severity] },
    }
    index[id] = #list - 1
  end
  for _, rule in ipairs(core.rules()) do
    add(rule.id, rule.severity, rule.rule, rule)
  end
  for _, rule in ipairs(more) do
    add(rule.id, rule.severity, rule.rule,
      { consequence = rule.consequence or rule.rule, options = rule.options or {}, authority = rule.authority or "" })
  end
  return list, index
end

local function location(record, file, owner)
  local line = record and record.line
  return {
    physicalLocation = {
      artifactLocation = { uri = uri(record and record.file or file) },
      region = { startLine = line or 1, startColumn = line and record.column or nil },
    },
    logicalLocations = owner and { { fullyQualifiedName = owner, kind = "resource" } } or nil,
  }
end

local function locations(finding, file)
  local list = {}
  for i, record in ipairs(finding.records or {}) do
    list[i] = location(record, file, record.owner or finding.owner)
  end
  return #list > 0 and list or { location(nil, file, finding.owner) }
end

-- What a person said of a finding: it is shown as known.
local function suppressions(said)
  return said and { {
    kind = "external", status = "accepted", justification = ("%s: %s"):format(said.who, said.reason),
  } } or nil
end

--- The document.
---@param findings table[]
---@param more table[] rules that are not built in
---@param file string that was checked: where a finding without a place is shown
---@return table
function M.document(findings, more, file)
  local list, index = rules(more)
  local results = {}
  for i, finding in ipairs(findings) do
    results[i] = {
      ruleId = finding.id,
      ruleIndex = index[finding.id],
      level = LEVELS[finding.severity],
      message = text(("%s\n%s"):format(finding.message, help {
        consequence = finding.consequence, options = finding.options or {},
      })),
      locations = locations(finding, file),
      suppressions = suppressions(finding.acknowledged),
      partialFingerprints = { ["understudy/v1"] = finding.fingerprint },
    }
  end
  return {
    ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
    version = "2.1.0",
    runs = { {
      tool = { driver = { name = "understudy", version = version, rules = list } },
      results = results,
    } },
  }
end

return M
