-- What a person reads of each rule: for each a zone that breaks it and the text that is shown, in
-- spec/fixtures/wording.txt. UNDERSTUDY_WORDING=write writes that file anew, to be read before it is committed.

local corpus = require "spec.support.corpus"
local understudy = require "understudy"

local PATH <const> = "spec/fixtures/wording.txt"
local NOW <const> = 1767225600

local function parse(zone, options)
  options = options or {}
  options.text, options.origin, options.name = zone.text, corpus.origin, zone.name .. ".zone"
  local snapshot, err = understudy.parse(options)
  return snapshot, err and err.report
end

local function zone_of(body)
  local head = corpus.zones()[1].text:match "^(.-NS ns2[^\n]*\n)"
  return { name = "example", text = head .. body }
end

local function flatten(body, options)
  local flat, result = assert(parse(zone_of(body))):flatten(options)
  return flat and result or result.report
end

--- An ALIAS that was resolved, and then no more.
local function answers(...)
  local remembered = understudy.answers { confirm = 1, on_dangling = "keep" }
  for i, outcome in ipairs { ... } do
    remembered:learn({
      target = "host.example.net.", type = "A", outcome = outcome, ttl = 60, error = "the name server says so",
      addresses = outcome == "addresses" and { "198.51.100.1" } or {},
    }, NOW + i)
    remembered:learn({ target = "host.example.net.", type = "AAAA", outcome = "nodata", ttl = 60 }, NOW + i)
  end
  return remembered
end

local ALIAS <const> = "www ALIAS host.example.net.\n"
local POOL <const> = "@ POOL a.example.net.\n@ POOL b.example.net.\n"

local function many()
  local lines = { "www ALIAS many\n" }
  for i = 1, 101 do
    lines[#lines + 1] = ("many A 198.51.100.%d\n"):format(i)
  end
  return table.concat(lines)
end

--- Rules that no zone of the corpus breaks by itself.
local SPECIAL <const> = {
  ["addr.documentation"] = function()
    return assert(parse(zone_of "www A 192.0.2.1\n")):check { set = "strict" }
  end,
  ["alias.companion"] = function()
    return flatten('www ALIAS host\nwww TXT "ALIAS for host.example.com"\nhost A 198.51.100.1\n', {})
  end,
  ["alias.dangling"] = function() return flatten(ALIAS, { answers = answers("addresses", "nxdomain") }) end,
  ["alias.omitted"] = function() return flatten(ALIAS, { on_unresolved = "omit" }) end,
  ["alias.special_address"] = function() return flatten(ALIAS, { answers = answers "special" }) end,
  ["alias.stale"] = function() return flatten(ALIAS, { answers = answers("addresses", "failure") }) end,
  ["alias.too_many"] = function() return flatten(many(), {}) end,
  ["alias.unresolvable"] = function() return flatten(ALIAS, {}) end,
  ["file.limit"] = function()
    local _, report = parse(zone_of "www A 192.0.2.1\n", { max_records = 3 })
    return report
  end,
  ["pool.apex"] = function() return flatten(POOL, { pool = "first" }) end,
  ["pool.rejected"] = function() return flatten(POOL, { pool = "reject" }) end,
  ["url.no_redirector"] = function() return flatten("www URL https://example.net/\n", {}) end,
}

--- The first zone of the corpus that breaks each rule.
local function examples()
  local of = {}
  for _, zone in ipairs(corpus.zones()) do
    for _, finding in ipairs(zone.finds) do
      local rule = finding:match "^%S+ (%S+)"
      of[rule] = of[rule] or zone
    end
  end
  return of
end

local function report_of(rule, zone)
  if SPECIAL[rule.id] then
    return SPECIAL[rule.id]()
  end
  local snapshot, report = parse((assert(zone, rule.id)))
  if not snapshot then
    return report
  end
  local others = {}
  for _, other in ipairs(understudy.rules()) do
    others[#others + 1] = other.id ~= rule.id and { rule = other.id, severity = "off" } or nil
  end
  return snapshot:check { severities = others }
end

local function wording()
  local of, parts = examples(), {}
  for _, rule in ipairs(understudy.rules()) do
    local text = report_of(rule, of[rule.id]):text()
    assert(text:match(rule.id .. ": "), rule.id .. " is not in: " .. text)
    parts[#parts + 1] = text:gsub("\n%d+ errors?, .-\n$", "\n")
  end
  return table.concat(parts, "\n")
end

describe("the wording of findings", function()
  it("is as it was read and approved", function()
    local text = wording()
    if os.getenv "UNDERSTUDY_WORDING" == "write" then
      local file <close> = assert(io.open(PATH, "w"))
      file:write(text)
    end
    local file <close> = assert(io.open(PATH))
    assert.equal(file:read "a", text)
  end)

  it("says what is wrong, what follows, and what can be done, in lines that can be read", function()
    for line in io.lines(PATH) do
      assert.is_true(utf8.len(line) <= 250, line)
    end
  end)
end)
