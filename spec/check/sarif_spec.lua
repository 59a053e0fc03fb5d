-- What is written for code hosts, by what SARIF 2.1.0 (OASIS, errata 01) asks of it: of each object the properties that
-- we write and no others, so that a new one is looked up in the standard first.
local cjson = require "cjson"
local core = require "understudy.core"
local corpus = require "spec.support.corpus"
local json = require "understudy.json"
local online_rules = require "understudy.check.online_rules"
local own = require "understudy.check.own"
local sarif = require "understudy.check.sarif"

-- ---------------------------------------------------------------- the standard

-- A check returns what is wrong with a value, or nothing.
local function text(value)
  return type(value) ~= "string" and "no string" or not utf8.len(value) and "no UTF-8" or nil
end

local function one_of(...)
  local words = {}
  for _, word in ipairs { ... } do
    words[word] = true
  end
  return function(value)
    return not words[value] and ("%s is not allowed"):format(tostring(value)) or nil
  end
end

local function from(least)
  return function(value)
    return (not math.tointeger(value) or value < least) and ("%s is no number from %d"):format(tostring(value), least)
      or nil
  end
end

-- Elements of which no two are the same, as `unique` tells them apart.
local function list(of, unique)
  return function(value)
    if type(value) ~= "table" then
      return "no array"
    end
    local seen, count = {}, 0
    for _ in pairs(value) do
      count = count + 1
    end
    if count ~= #value then
      return "an object in place of an array"
    end
    for i, element in ipairs(value) do
      local problem, same = of(element), unique and unique(element) or i
      if problem or seen[same] then
        return ("[%d]: %s"):format(i, problem or "it is there twice")
      end
      seen[same] = true
    end
  end
end

-- Fields by their names; a "!" behind a name says that it is required.
local function object(fields)
  return function(value)
    if type(value) ~= "table" then
      return "no object"
    end
    for name in pairs(value) do
      if not (fields[name] or fields[name .. "!"]) then
        return ("%s is not looked up yet"):format(name)
      end
    end
    for name, check in pairs(fields) do
      local bare, required = name:gsub("!$", "")
      if value[bare] ~= nil or required > 0 then
        local problem = value[bare] == nil and "missing" or check(value[bare])
        if problem then
          return bare .. ": " .. problem
        end
      end
    end
  end
end

-- RFC 3986 §4.1: a relative reference, whose first segment has no colon (§4.2), or a path.
local function uri_reference(value)
  local problem = text(value)
  local rest = not problem and value:gsub("%%%x%x", ""):gsub("[%w._~!$&'()*+,;=:@/?-]", "")
  return problem or rest ~= "" and ("%q has %q"):format(value, rest)
    or value:match "^[^/]*":find(":", 1, true) and value .. " has a scheme"
    or value:find "^//" and value .. " has an authority" or nil
end

-- §3.11.5, §3.11.6: no placeholders and no links, for there are no arguments for them.
local function message_text(value)
  local problem = text(value)
  local rest = not problem and value:gsub("{{", ""):gsub("}}", "")
  return problem or value == "" and "empty" or rest:find "[{}]" and "a placeholder: " .. value
    or value:find("](", 1, true) and "a link: " .. value or nil
end

local LEVEL <const> = one_of("none", "note", "warning", "error") -- §3.27.10
local MESSAGE <const> = object { ["text!"] = message_text } -- §3.11, §3.12

local LOCATION <const> = object { -- §3.28
  ["physicalLocation!"] = object { -- §3.29
    ["artifactLocation!"] = object { ["uri!"] = uri_reference }, -- §3.4
    region = object { ["startLine!"] = from(1), startColumn = from(1) }, -- §3.30
  },
  logicalLocations = list(object { ["fullyQualifiedName!"] = text, kind = text }, json.encode), -- §3.33
}

local RULE <const> = object { -- §3.49
  ["id!"] = text, shortDescription = MESSAGE, fullDescription = MESSAGE, help = MESSAGE,
  defaultConfiguration = object { level = LEVEL }, -- §3.50
}

local RESULT <const> = object { -- §3.27
  ["message!"] = MESSAGE, ["ruleId!"] = text, ["ruleIndex!"] = from(0), level = LEVEL, locations = list(LOCATION),
  partialFingerprints = object { ["understudy/v1!"] = text },
  suppressions = list(object { -- §3.35
    ["kind!"] = one_of("inSource", "external"), status = one_of("accepted", "underReview", "rejected"),
    justification = text,
  }, json.encode),
}

local LOG <const> = object { -- §3.13
  ["$schema"] = text, ["version!"] = one_of "2.1.0",
  ["runs!"] = list(object { -- §3.14
    ["tool!"] = object { -- §3.18, §3.19
      ["driver!"] = object { ["name!"] = text, version = text, rules = list(RULE, function(rule) return rule.id end) },
    },
    results = list(RESULT),
  }),
}

-- What is wrong with a document; the index of each result is that of its rule (§3.27.6).
local function fault(document)
  local octets = json.encode(document)
  local read = cjson.decode(octets)
  local problem = LOG(read)
  if problem then
    return problem
  end
  local run = read.runs[1]
  if #run.results == 0 and not octets:find('"results":[]', 1, true) then
    return "results: an object in place of an array"
  end
  for i, result in ipairs(run.results) do
    local rule = run.tool.driver.rules[result.ruleIndex + 1]
    if not rule or rule.id ~= result.ruleId then
      return ("results[%d]: ruleIndex is not that of %s"):format(i, result.ruleId)
    end
  end
end

-- ---------------------------------------------------------------- ours

local function findings_of(input)
  input.origin = corpus.origin
  local zone, err = core.parse(input)
  local report = zone and zone:check { set = "strict" } or err.report
  return report and report:totable().findings or {}
end

describe("SARIF", function()
  it("is as the standard asks for all that can be found in zone files", function()
    local documents, results = 0, 0
    local function look_at(input, name)
      local findings = findings_of(input)
      assert.is_nil(fault(sarif.document(findings, {}, name)), name)
      documents, results = documents + 1, results + #findings
    end
    local pipe <close> = assert(io.popen "ls spec/fixtures/malformed/*.zone")
    for path in pipe:lines() do
      look_at({ file = path }, path)
    end
    for _, zone in ipairs(corpus.zones()) do
      look_at({ text = zone.text }, zone.name)
    end
    assert.is_true(documents > 300 and results > 400, results)
  end)

  it("is so too for rules of one's own, for the network's, for what a person accepts, and for nothing", function()
    local zone = core.parse { text = "$TTL 60\n@ SOA a b 1 2 3 4 5\n", origin = "example.com" }
    local odd = { message = "{0} [here](https://example.net/) \"\\255\" \u{fc} {", owner = "*.x", types = { "TXT" } }
    local rule = {
      id = "acme.odd", severity = "warning", rule = "Braces { } and [links](1) are text.",
      check = function()
        return { odd, { message = "x" } }
      end,
    }
    local findings = own.run(rule, zone)
    findings[1].acknowledged = { who = "ann", reason = "known {1}" }
    local more = table.move(online_rules, 1, #online_rules, 1, {})
    more[#more + 1] = rule
    local document = sarif.document(findings, more, "./zones/a b:c#\u{e9}.zone")
    assert.is_nil(fault(document))
    local first = document.runs[1].results[1]
    assert.equal('{{0}} [here] (https://example.net/) "\\255" \u{fc} {{\n', first.message.text:match "^[^\n]*\n")
    assert.equal("zones/a%20b%3Ac%23%C3%A9.zone", first.locations[1].physicalLocation.artifactLocation.uri)
    assert.equal(1, #first.suppressions)
    assert.is_nil(fault(sarif.document({}, {}, "a.zone")))
  end)

  it("is told from what the standard does not allow", function()
    local zone = core.parse { text = "$TTL 60\n@ SOA a b 1 2 3 4 5\n", origin = "example.com" }
    local function changed(change)
      local document = sarif.document(zone:check():totable().findings, {}, "a.zone")
      change(document.runs[1].results[1], document)
      return fault(document)
    end
    assert.is_nil(changed(function() end))
    for expected, change in pairs {
      ["no number from 1"] = function(result) result.locations[1].physicalLocation.region.startLine = 0 end,
      ["has a scheme"] = function(result) result.locations[1].physicalLocation.artifactLocation.uri = "a:b" end,
      ["has \" \""] = function(result) result.locations[1].physicalLocation.artifactLocation.uri = "a b" end,
      ["severe is not allowed"] = function(result) result.level = "severe" end,
      ["a placeholder"] = function(result) result.message.text = "{0}" end,
      ["message: missing"] = function(result) result.message = nil end,
      ["kinds is not looked up"] = function(result) result.kinds = "x" end,
      ["ruleIndex is not that of"] = function(result) result.ruleIndex = result.ruleIndex + 1 end,
      ["2.2.0 is not allowed"] = function(_, document) document.version = "2.2.0" end,
      ["twice"] = function(result) result.suppressions = { { kind = "external" }, { kind = "external" } } end,
    } do
      assert.truthy((changed(change) or ""):find(expected, 1, true), expected)
    end
  end)
end)
