-- zone:check() and Report, over the zones of spec/fixtures/zones, which say what is found in them.

local cjson = require "cjson"
local corpus = require "spec.support.corpus"
local understudy = require "understudy"

local ORIGIN <const> = corpus.origin

local function read(zone)
  return understudy.parse { text = zone.text, origin = ORIGIN, name = zone.name }
end

---@return understudy.Report
local function check(zone)
  local snapshot, err = read(zone)
  return snapshot and snapshot:check() or assert(err.report, tostring(err))
end

local function zone_called(name)
  for _, zone in ipairs(corpus.zones()) do
    if zone.name == name then
      return zone
    end
  end
  error("there is no zone " .. name)
end

local function check_text(body)
  local text = [[
$TTL 3600
@ SOA ns1.example.net. hostmaster.example.net. 1 14400 3600 1209600 300
@ NS ns1.example.net.
@ NS ns2.example.net.
]] .. body
  return assert(understudy.parse { text = text, origin = ORIGIN, name = "it.zone" }):check()
end

describe("zone:check()", function()
  local seen = {}
  for _, zone in ipairs(corpus.zones()) do
    it("finds what is announced in " .. zone.name, function()
      local report = check(zone)
      assert.same(zone.finds, corpus.found(report))
      for _, finding in ipairs(report) do
        seen[finding.id] = true
      end
    end)
  end

  it("has a zone for every rule that needs only a zone", function()
    local needless <const> = {
      -- what only limits, flattening or the strict set can find
      ["addr.documentation"] = true,
      ["alias.companion"] = true,
      ["alias.dangling"] = true,
      ["alias.omitted"] = true,
      ["alias.special_address"] = true,
      ["alias.stale"] = true,
      ["alias.too_many"] = true,
      ["alias.unresolvable"] = true,
      ["file.limit"] = true,
      ["pool.apex"] = true,
      ["pool.rejected"] = true,
      ["url.no_redirector"] = true,
    }
    for _, rule in ipairs(understudy.rules()) do
      assert.equal(not needless[rule.id], seen[rule.id] == true, rule.id)
    end
  end)

  it("counts what reading the zone found, too", function()
    local zone = assert(read(zone_called "record-twice"))
    assert.equal(1, zone.reading.warnings)
    assert.equal(1, zone:check().warnings)
    assert.equal(1, zone:check().warnings)
  end)

  it("finds everything at once, in the order of the file", function()
    local report = check_text [[
b CNAME host.example.net.
b TXT "x"
a CNAME host.example.net.
a CNAME other.example.net.
@ MX 0 .
@ MX 10 mail.example.net.
]]
    local ids = {}
    for i, finding in ipairs(report) do
      ids[i] = finding.records[1].line .. " " .. finding.id
    end
    assert.same({ "5 cname.coexist", "7 cname.multiple", "9 mx.null_mixed" }, ids)
  end)
end)

describe("how grave a finding is", function()
  local zone

  before_each(function()
    zone = assert(read(zone_called "cname-dangling"))
  end)

  local function count(options)
    local report = zone:check(options)
    return { report.errors, report.warnings, report.infos }
  end

  local function change(severity, owner, under, matching)
    return { severities = {
      { rule = "cname.dangling_in_zone", severity = severity, owner = owner, under = under, matching = matching },
    } }
  end

  it("depends on the set of rules", function()
    assert.same({ 0, 1, 0 }, count())
    assert.same({ 0, 1, 0 }, count { set = "lenient" })
    assert.same({ 1, 0, 0 }, count { set = "strict" })
  end)

  it("can be changed by rule and owner", function()
    assert.same({ 1, 0, 0 }, count(change "error"))
    assert.same({ 0, 0, 0 }, count(change "off"))
    assert.same({ 0, 0, 1 }, count(change("info", "www.example.com.")))
    assert.same({ 0, 1, 0 }, count(change("info", "example.com.")))
    assert.same({ 0, 0, 1 }, count(change("info", nil, "example.com.")))
    assert.same({ 0, 0, 1 }, count(change("info", "www")))
    assert.same({ 0, 0, 1 }, count(change("info", nil, nil, "w*")))
    assert.same({ 0, 1, 0 }, count(change("info", nil, nil, "*.www")))
  end)

  it("is known for what reading found", function()
    local double = assert(read(zone_called "record-twice"))
    local report = double:check { severities = { { rule = "rr.duplicate", severity = "off" } } }
    assert.equal(0, report.warnings)
    assert.same({}, report.counts)
  end)

  it("is counted for all findings, however few are kept", function()
    local report = zone:check { limit = 0 }
    assert.equal(0, #report)
    assert.equal(1, report.warnings)
    assert.same({ ["cname.dangling_in_zone"] = 1 }, report.counts)
  end)

  it("can be such that a rule is off but in the strict set", function()
    local good = assert(read(zone_called "good-plain"))
    assert.same({}, good:check().counts)
    assert.same({ ["addr.documentation"] = 1 }, good:check({ set = "strict" }).counts)
  end)

  it("is refused for what is no rule, severity or set", function()
    assert.error_matches(function() zone:check { severities = { { rule = "no.rule", severity = "off" } } } end,
      "there is no rule 'no%.rule'")
    assert.error_matches(function() zone:check { severities = { { rule = "cname.loop" } } } end,
      "'cname%.loop' is given no severity")
    assert.error_matches(function() zone:check(change "fatal") end, "severity")
    assert.error_matches(function() zone:check(change("off", nil, nil, "*..a")) end,
      "option 'matching': not a domain name: '%*%.%.a'")
    assert.error_matches(function() zone:check { set = "harsh" } end, "set")
  end)
end)

describe("a report", function()
  local report

  before_each(function()
    report = check_text [[
www CNAME host.example.net.
www MX 10 mail.example.net.
pool POOL host.example.net.
alias ALIAS a.example.net.
alias ALIAS b.example.net.
]]
  end)

  it("counts by severity", function()
    assert.equal(3, #report)
    assert.same({ 1, 1, 1 }, { report.errors, report.warnings, report.infos })
  end)

  it("gives a finding as a table", function()
    local finding = report[1]
    assert.matches("^%x+$", finding.fingerprint)
    assert.equal(16, #finding.fingerprint)
    assert.equal(4, #finding.options)
    for _, option in ipairs(finding.options) do
      assert.is_true(#option.id > 0 and #option.label > 0 and #option.effect > 0)
    end
    finding.fingerprint, finding.options = nil, nil
    assert.same({
      id = "cname.coexist",
      severity = "error",
      owner = "www.example.com.",
      types = { "CNAME", "MX" },
      records = {
        { file = "it.zone", line = 5, owner = "www.example.com.", type = "CNAME", data = "host.example.net." },
        { file = "it.zone", line = 6, owner = "www.example.com.", type = "MX", data = "10 mail.example.net." },
      },
      zone = ORIGIN,
      message = "www.example.com. has CNAME and MX; a CNAME stands alone.",
      rule = "A CNAME stands alone at its name, DNSSEC records aside.",
      consequence = "BIND and Knot refuse the whole zone, so every later change is missing there too.",
      authority = "RFC 1034 §3.6.2, RFC 2181 §10.1",
    }, finding)
  end)

  it("has findings from 1 to its length", function()
    assert.is_nil(report[0])
    assert.is_nil(report[4])
    assert.is_nil(report[1.5])
    assert.is_nil(report[math.mininteger])
  end)

  it("keeps a fingerprint when only places change", function()
    local moved = check_text "\n\nwww MX 20 mail.example.net.\nwww CNAME host.example.net.\n"
    local other = check_text "www CNAME host.example.net.\nwww TXT x\n"
    assert.equal(report[1].fingerprint, moved[1].fingerprint)
    assert.not_equal(report[1].fingerprint, other[1].fingerprint)
  end)

  it("is a text to read", function()
    local text = report:text()
    assert.equal([[
it.zone:5: error cname.coexist: www.example.com. has CNAME and MX; a CNAME stands alone.
    Also at line 6.
    BIND and Knot refuse the whole zone, so every later change is missing there too.
    Rule: A CNAME stands alone at its name, DNSSEC records aside.  (RFC 1034 §3.6.2, RFC 2181 §10.1)
    You can: a) keep the CNAME and remove the other records: every query for the name follows the CNAME.
             b) keep the other records and remove the CNAME: the name is no longer an alias.
             c) replace the CNAME by an ALIAS: addresses of the target are published beside the other records.
             d) move the other records to another name: clients must ask for them there.
]], text:match "^(.-\n)it%.zone:7:")
    assert.matches("\n1 error, 1 warning, 1 note\n$", text)
    assert.equal(text, tostring(report))
  end)

  it("shows at most 20 findings by tostring, and says how many more there are", function()
    local lines = {}
    for i = 1, 25 do
      lines[i] = ("w%d CNAME nothing.here\n"):format(i)
    end
    local many = check_text(table.concat(lines))
    local _, shown = tostring(many):gsub("cname.dangling_in_zone:", "")
    assert.equal(20, shown)
    assert.matches("\n… 5 more: 5 cname%.dangling_in_zone\n0 errors, 25 warnings\n$", tostring(many))
    _, shown = many:text():gsub("cname.dangling_in_zone:", "")
    assert.equal(25, shown)
  end)

  it("goes through JSON", function()
    local copy = cjson.decode(cjson.encode(report:totable()))
    assert.same({ 1, 1, 1 }, { copy.errors, copy.warnings, copy.infos })
    assert.equal(3, #copy.findings)
    for i, finding in ipairs(copy.findings) do
      assert.same(report[i], finding)
    end
  end)

  it("leaves empty lists out of its table", function()
    assert.same({ errors = 0, warnings = 0, infos = 0 }, check_text("www A 192.0.2.1\n"):totable())
  end)

  it("names a method that it does not have", function()
    assert.error_matches(function()
      return report:txt()
    end, "Report has no method 'txt', did you mean 'text'%?")
  end)
end)

describe("rules()", function()
  it("lists every rule with its words", function()
    local known = {}
    for _, rule in ipairs(understudy.rules()) do
      assert.is_nil(known[rule.id])
      known[rule.id] = rule
      local severities = { error = true, warning = true, info = true, off = rule.sets.strict ~= "off" }
      assert.is_true(severities[rule.severity], rule.id)
      assert.is_true(#rule.options >= 2)
    end
    assert.equal("RFC 1034 §3.6.2, RFC 2181 §10.1", known["cname.coexist"].authority)
    assert.equal("info", known["pool.single"].severity)
    assert.is_true(known["cname.coexist"].binding)
    assert.same({ lenient = "warning", default = "error", strict = "error" }, known["cname.loop"].sets)
  end)
end)
