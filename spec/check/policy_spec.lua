-- The checks of a policy: how grave rules are, and rules of an operator's own.
local command = require "spec.support.command"
local check = require "understudy.check"
local core = require "understudy.core"
local online_rules = require "understudy.check.online_rules"
local judge = require "understudy.sync.judge"
local policy = require "understudy.policy"

local ZONE <const> = [[
$TTL 300
@    SOA   ns1 hostmaster 7 4h 1h 2w 5m
     NS    ns1
     MX    10 mail
ns1  A     8.8.8.8
mail CNAME ns1
lab  MX    10 mail
a.lab MX   10 mail
]]

-- A policy for example.com and example.net with these checks, and those of example.net.
local function load(checks, of_net)
  return policy.parse(([[
return policy {
  source = source.file "%%s.zone",
  targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1" } },
  zones = { "example.com", %s },
  checks = %s,
}]]):format(of_net and ("zone \"example.net\" { checks = %s }"):format(of_net) or "nil", checks), "p.lua")
end

local function findings(checks, of_net)
  local loaded = assert(load(checks, of_net))
  local setting = loaded.zones[of_net and 2 or 1]
  local zone = core.parse { text = ZONE, origin = setting.name }
  local options = judge.options(loaded, judge.answers(loaded), 0, setting.checks)
  local judgement = judge.judge(zone, nil, options)
  local found = {}
  for i, finding in ipairs(judgement.findings.list) do
    found[i] = ("%s %s %s"):format(finding.severity, finding.id, finding.owner or "-")
  end
  table.sort(found)
  return found, judgement
end

describe("checks of a policy", function()
  it("are those of the default set without a word", function()
    local found, judgement = findings "nil"
    assert.same({
      "error mx.cname a.lab.example.com.", "error mx.cname example.com.", "error mx.cname lab.example.com.",
      "warning zone.ns.single example.com.",
    }, found)
    assert.is_nil(judgement.flat)
  end)

  it("can be another set, of which secondaries still load every zone", function()
    local found, judgement = findings [[{ set = "lenient" }]]
    assert.same({
      "info zone.ns.single example.com.", "warning mx.cname a.lab.example.com.", "warning mx.cname example.com.",
      "warning mx.cname lab.example.com.",
    }, found)
    assert.truthy(judgement.flat)
    for _, rule in ipairs(core.rules()) do
      assert.equal(rule.binding, rule.sets.lenient == "error", rule.id)
    end
  end)

  it("raise, lower and switch off rules, by owner and below an owner, the last word counting", function()
    local found, judgement = findings [[{
      adjust { rule = "mx.cname", severity = "warning", reason = "moving" },
      adjust { rule = "mx.cname", severity = "off", under = "lab", reason = "the lab" },
      adjust { rule = "mx.cname", severity = "info", owner = "a.lab", reason = "one host" },
      adjust { rule = "zone.ns.single", severity = "info", owner = "@", reason = "one is enough" },
    }]]
    assert.same({
      "info mx.cname a.lab.example.com.", "info zone.ns.single example.com.", "warning mx.cname example.com.",
    }, found)
    assert.truthy(judgement.flat)
  end)

  it("reach names by a pattern, in which the wildcard owner is one of those below, or alone by its name", function()
    local function by(words)
      local loaded = assert(load(([[{ set = "lenient",
        adjust { rule = "mx.cname", severity = "off", reason = "x" },
        adjust { rule = "mx.cname", severity = "error", %s, reason = "x" },
        rule "acme.wild" { text = "x", check = function(zone)
          return { { owner = "*.lab", message = "y" }, { owner = "LAB", message = "y" }, { owner = "@", message = "y" },
            { message = "y" } }
        end },
        adjust { rule = "acme.wild", severity = "off", reason = "x" },
        adjust { rule = "acme.wild", severity = "error", %s, reason = "x" } }]]):format(words, words)))
      local setting, found = loaded.zones[1], {}
      local zone = core.parse { text = ZONE .. "*.lab MX 10 mail\n", origin = setting.name }
      for _, finding in ipairs(assert(check.run(zone, setting.checks)).findings) do
        if finding.severity == "error" then
          found[#found + 1] = ("%s %s"):format(finding.id, finding.owner)
        end
      end
      table.sort(found)
      return table.concat(found, ", ")
    end
    assert.equal("acme.wild *.lab.example.com., mx.cname *.lab.example.com., mx.cname a.lab.example.com.",
      by [[matching = "*.lab"]])
    assert.equal("acme.wild *.lab.example.com., mx.cname *.lab.example.com.", by [[owner = "*.lab"]])
    assert.equal("acme.wild *.lab.example.com., mx.cname *.lab.example.com.", by [[matching = "\\*.lab"]])
    assert.equal("acme.wild lab.example.com., mx.cname lab.example.com.", by [[matching = "l*b"]])
    assert.equal("acme.wild *.lab.example.com., acme.wild lab.example.com., mx.cname *.lab.example.com., "
      .. "mx.cname a.lab.example.com., mx.cname lab.example.com.", by [[under = "lab"]])
    assert.equal("", by [[matching = "*.lab."]])
    assert.equal("", by(("matching = \"*.%s\""):format(("a."):rep(122) .. "b"))) -- too long below example.com.
  end)

  it("are continued by those of a zone", function()
    local found = findings([[{ set = "lenient", adjust { rule = "mx.cname", severity = "off", reason = "x" } }]],
      [[{ set = "strict", adjust { rule = "mx.cname", severity = "error", owner = "@", reason = "y" } }]])
    assert.same({ "error mx.cname example.net.", "warning zone.ns.single example.net." }, found)
  end)

  for name, case in pairs {
    ["a rule that does not exist"] = { [[adjust { rule = "mx.cnam", severity = "off", reason = "x" }]],
      "p.lua:6: checks[1].rule: unknown rule 'mx.cnam', did you mean 'mx.cname'?" },
    ["a rule that binds"] = { [[adjust { rule = "cname.coexist", severity = "warning", reason = "x" }]],
      "p.lua:6: checks[1].severity: cname.coexist stays an error: " },
    ["an adjustment without a reason"] = { [[adjust { rule = "mx.cname", severity = "off" }]],
      "p.lua:6: checks[1]: the option 'reason' is missing" },
    ["an owner and what is below one"] = {
      [[adjust { rule = "mx.cname", severity = "off", reason = "x", owner = "a", under = "b" }]],
      "p.lua:6: checks[1]: only one of owner, under and matching can be given" },
    ["an owner and a pattern"] = {
      [[adjust { rule = "mx.cname", severity = "off", reason = "x", owner = "a", matching = "b*" }]],
      "p.lua:6: checks[1]: only one of owner, under and matching can be given" },
    ["what is no owner"] = { [[adjust { rule = "mx.cname", severity = "off", reason = "x", owner = "a..b" }]],
      [[p.lua:6: checks[1].owner: "a..b" is not the name of an owner: not a domain name]] },
    ["what is no pattern"] = { [[adjust { rule = "mx.cname", severity = "off", reason = "x", matching = "*. a" }]],
      [[p.lua:6: checks[1].matching: "*. a" is not the name of an owner: ]] },
    ["the id of a built-in rule"] = { [[rule "mx.cname" { text = "x", check = print }]],
      "p.lua:6: checks[1]: mx.cname is a built-in rule" },
    ["an id without a dot"] = { [[rule "mine" { text = "x", check = function() end }]],
      [[p.lua:6: checks[1]: "mine" is not an id for a rule]] },
    ["a rule without a function"] = { [[rule "acme.x" { text = "x", check = 1 }]],
      "p.lua:6: checks[1].check: 1 is not a function of a zone" },
    ["a module that is not there"] = { [[rules "acme.absent"]],
      [[p.lua:6: checks[1]: the rules "acme.absent" can't be loaded: module 'acme.absent' not found]] },
    ["something else"] = { [["strict"]], [[p.lua:5: checks[1]: "strict" is no check: write adjust]] },
  } do
    it("refuse " .. name .. ", with its line", function()
      local loaded, err = load("{\n" .. case[1]:gsub("print", "function() end") .. " }")
      assert.is_nil(loaded)
      assert.equal(case[2], err.message:sub(1, #case[2]))
    end)
  end
end)

describe("a rule of one's own", function()
  local function own(body)
    return findings(([[{ adjust { rule = "zone.ns.single", severity = "off", reason = "-" },
      adjust { rule = "mx.cname", severity = "off", reason = "-" }, rule "acme.mail" %s }]]):format(body))
  end

  it("finds what it looks for, with the records it is about", function()
    local found, judgement = own [[{ text = "Mail goes to mx.", severity = "error", check = function(zone)
      for rrset in zone:rrsets { type = "MX", under = "lab" } do
        if rrset.owner == "lab." .. zone.origin then
          return { { owner = rrset.owner, types = { "MX" }, message = "not to mx" } }
        end
      end
    end }]]
    assert.same({ "error acme.mail lab.example.com." }, found)
    assert.is_nil(judgement.flat)
    local finding = judgement.findings.list[1]
    assert.same({ owner = "lab.example.com.", type = "MX", data = "10 mail.example.com.", line = 7 },
      finding.records[1])
    assert.matches("^%x+$", finding.fingerprint)
    assert.equal(16, #finding.fingerprint)
  end)

  it("warns only, unless it says otherwise, and can be adjusted like others", function()
    local found, judgement = own [[{ text = "x", check = function() return { { message = "y" } } end },
      adjust { rule = "acme.mail", severity = "info", reason = "z" }]]
    assert.same({ "info acme.mail -" }, found)
    assert.truthy(judgement.flat)
  end)

  it("that fails is a finding as grave as itself, with the line where it failed", function()
    local found, judgement = own [[{ text = "x", severity = "error", check = function(zone)
      return zone.nothing.at_all end }]]
    assert.same({ "error acme.mail -" }, found)
    assert.matches("^the rule could not be run: p%.lua:7: ", judgement.findings.list[1].message)
  end)

  it("that does not end is stopped", function()
    local _, judgement = own [[{ text = "x", check = function() while true do end end }]]
    assert.matches("does not end within 2 seconds", judgement.findings.list[1].message)
  end)

  it("that does not end and catches every error is stopped too", function()
    package.preload["acme.stubborn"] = function()
      return { { id = "acme.stubborn", text = "x", check = function()
        while true do
          pcall(function() while true do end end)
        end
      end } }
    end
    local _, judgement = findings [[{ rules "acme.stubborn", set = "lenient" }]]
    package.preload["acme.stubborn"], package.loaded["acme.stubborn"] = nil, nil
    local last = judgement.findings.list[#judgement.findings.list]
    assert.equal("acme.stubborn", last.id)
    assert.matches("does not end within 2 seconds", last.message)
  end)

  it("that returns something else than findings is told so", function()
    local _, judgement = own [[{ text = "x", check = function() return "bad" end }]]
    assert.matches('it returned "bad" in place of a list of findings', judgement.findings.list[1].message)
    _, judgement = own [[{ text = "x", check = function() return { { owner = "a" } } end }]]
    assert.matches("finding 1 of what it returned has no message", judgement.findings.list[1].message)
    _, judgement = own [[{ text = "x", check = function() return { { owner = "a..b", message = "y" } } end }]]
    assert.matches('finding 1 of what it returned has the owner "a%.%.b", which is no name',
      judgement.findings.list[1].message)
  end)

  it("can tell a thousand findings, and how many more there were", function()
    local found, judgement = own [[{ text = "x", check = function()
      local list = {}
      for i = 1, 1500 do list[i] = { owner = i .. ".example.com.", message = "n" } end
      return list
    end }]]
    assert.equal(1001, #found)
    assert.equal("… and 500 more findings", judgement.findings.list[1001].message)
  end)

  it("can come from a Lua module", function()
    package.preload["acme.rules"] = function()
      return { { id = "acme.one", text = "One.", check = function() return { { message = "from a module" } } end } }
    end
    local found = findings [[{ rules "acme.rules", set = "lenient" }]]
    package.preload["acme.rules"], package.loaded["acme.rules"] = nil, nil
    assert.equal("warning acme.one -", found[2])
  end)
end)

describe("check", function()
  local folder, remove
  before_each(function()
    folder, remove = command.folder {
      ["example.com.zone"] = ZONE,
      ["p.lua"] = [[return policy {
        source = source.file "%s.zone",
        targets = { target.secondary "b" { transfer = "127.0.0.1", notify = "127.0.0.1" } },
        zones = { "example.com" },
        checks = {
          adjust { rule = "mx.cname", severity = "off", under = "lab", reason = "the lab" },
          rule "acme.mail" { text = "x", check = function() return { { message = "own" } } end },
        },
      }]],
    }
  end)
  after_each(function() remove() end)

  local function run(...)
    return command.run("check", "--origin", "example.com", folder .. "/example.com.zone", ...)
  end

  it("goes by a policy that it is given", function()
    assert.matches("3 errors, 1 warning\n$", run("--format", "text").out)
    local result = run("--policy", folder .. "/p.lua")
    assert.equal("", result.err)
    assert.matches("warning acme%.mail: own\n", result.out)
    assert.matches("1 error, 2 warnings\n$", result.out)
  end)

  it("writes findings as report:text() does", function()
    local path = folder .. "/example.com.zone"
    local report = core.parse { file = path, origin = "example.com" }:check()
    assert.equal(report:text(), run("--format", "text").out)
  end)

  it("writes SARIF for code hosts", function()
    local result = run("--policy", folder .. "/p.lua", "--format", "sarif")
    assert.equal(1, result.status)
    local document = require("cjson").decode(result.out)
    assert.equal("2.1.0", document.version)
    local rules = document.runs[1].tool.driver.rules
    assert.equal(#core.rules() + #online_rules + 1, #rules)
    local by_rule = {}
    for _, found in ipairs(document.runs[1].results) do
      assert.equal(found.ruleId, rules[found.ruleIndex + 1].id)
      assert.equal(16, #found.partialFingerprints["understudy/v1"])
      by_rule[found.ruleId] = found
    end
    local mx = by_rule["mx.cname"]
    assert.equal("error", mx.level)
    assert.equal(4, mx.locations[1].physicalLocation.region.startLine)
    assert.equal(folder .. "/example.com.zone", mx.locations[1].physicalLocation.artifactLocation.uri)
    assert.matches("You can name the final target of the CNAME", mx.message.text)
    assert.equal("warning", by_rule["acme.mail"].level)
    assert.equal(1, by_rule["acme.mail"].locations[1].physicalLocation.region.startLine)
  end)
end)
