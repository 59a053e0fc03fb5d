-- flatten and resolve: the commands that ask a resolver, here an NSD that has all the answers.
local cjson = require "cjson"
local command = require "spec.support.command"
local nsd = require "spec.support.nsd"

local OUTSIDE <const> = [[
$ORIGIN example.net.
$TTL 300
@     SOA    ns1 hostmaster 1 4h 1h 2w 5m
      NS     ns1
ns1   A      192.0.2.53
cdn   CNAME  edge
edge  A      203.0.113.11
edge  A      203.0.113.10
edge  AAAA   2001:db8::10
text  TXT    "no address here"
]]

local OWN <const> = [[
$ORIGIN example.com.
$TTL 1h
@     SOA    ns1.example.net. hostmaster 7 4h 1h 2w 5m
      NS     ns1.example.net.
      NS     ns2.example.net.
      ALIAS  cdn.example.net.
old   URL    https://www.example.org/
]]

describe("a command that asks a resolver", function()
  local server, folder, remove
  setup(function()
    server = nsd.start { zones = { ["example.net."] = OUTSIDE } }
    folder, remove = command.folder {
      ["own.zone"] = OWN,
      ["dangling.zone"] = OWN:gsub("cdn%.example%.net", "none.example.net"),
    }
  end)
  teardown(function()
    remove()
    server:stop()
  end)

  local function run(name, ...)
    return command.run(name, "--resolver", server.server, ...)
  end

  describe("flatten", function()
    it("prints standard records in place of ALIAS and URL", function()
      local result = run("flatten", "--redirect", "192.0.2.80", folder .. "/own.zone")
      assert.equal("", result.err)
      assert.equal([[
example.com. 3600 IN SOA ns1.example.net. hostmaster.example.com. 7 14400 3600 1209600 300
example.com. 300 IN A 203.0.113.10
example.com. 300 IN A 203.0.113.11
example.com. 3600 IN NS ns1.example.net.
example.com. 3600 IN NS ns2.example.net.
example.com. 300 IN AAAA 2001:db8::10
old.example.com. 3600 IN A 192.0.2.80
]], (result.out:gsub("[ \t]+", " ")))
      assert.equal(0, result.status)
    end)

    it("answers as JSON, with the findings", function()
      local result = run("flatten", "--json", "--redirect", "192.0.2.80", folder .. "/own.zone")
      local answer = cjson.decode(result.out)
      assert.equal("", result.err)
      assert.equal("example.com.", answer.zone)
      assert.same({ owner = "example.com.", ttl = 300, type = "A", data = "203.0.113.10" }, answer.records[2])
      assert.equal(0, answer.findings.errors)

      result = run("flatten", "--json", folder .. "/own.zone")
      answer = cjson.decode(result.out)
      assert.equal(1, result.status)
      assert.is_nil(answer.records)
      assert.equal("url.no_redirector", answer.findings.findings[1].id)
    end)

    it("refuses a zone whose ALIAS leads nowhere, and prints nothing of it", function()
      local result = run("flatten", "--redirect", "192.0.2.80", folder .. "/dangling.zone")
      assert.equal(1, result.status)
      assert.equal("", result.out)
      assert.matches("error alias%.", result.err)
    end)

    it("refuses a URL without a server to lead to", function()
      local result = run("flatten", folder .. "/own.zone")
      assert.equal(1, result.status)
      assert.matches("old%.example%.com%.", result.err)
    end)

    it("refuses a resolver that is no address", function()
      local result = command.run("flatten", "--resolver", "not/one", folder .. "/own.zone")
      assert.equal(2, result.status)
      assert.matches("^understudy: [^\n]*not/one", result.err)
    end)

    for option, message in pairs {
      ["--alias min_ttl=0"] = "--alias min_ttl: 0 is not a whole number of seconds",
      ["--alias min_tl=5"] = "--alias min_tl: unknown option 'min_tl', did you mean 'min_ttl'?",
      ["--alias confirm"] = "--alias confirm: NAME=VALUE is missing",
      ["--redirect 192.0.2.1000"] = '--redirect "192.0.2.1000" is neither an address nor the name of a host',
      ["--now yesterday"] = "'yesterday' is not a number of seconds since 1970",
      ["--alias tries=0"] = "--alias tries: 0 is not between 1 and 100",
    } do
      it("refuses " .. option, function()
        local result = command.shell(("$understudy flatten %s %s/own.zone"):format(option, folder))
        assert.equal(2, result.status)
        assert.equal("", result.out)
        assert.matches(message, result.err, 1, true)
      end)
    end

    it("refuses a zone that is wrong in another way, as the daemon would", function()
      local result = command.shell(([[
        sed '/ NS /d' %s/own.zone | $understudy flatten --resolver %s --redirect 192.0.2.80 -]]):format(
        folder, server.server))
      assert.equal(1, result.status)
      assert.equal("", result.out)
      assert.matches("error zone%.ns%.missing", result.err)
    end)

    it("remembers answers from run to run", function()
      local memory, late = folder .. "/answers.json", "1000"
      local function flatten(now, ...)
        return command.run("flatten", "--redirect", "192.0.2.80", "--answers", memory, "--now", now,
          folder .. "/own.zone", ...)
      end
      assert.equal(0, flatten(late, "--resolver", server.server).status)
      local gone = { "--resolver", "127.0.0.1:1", "--alias", "tries=1", "--alias", "timeout=0.2", "--json" }
      local answer = cjson.decode(flatten("1299", table.unpack(gone)).out)
      assert.equal("fresh", answer.answers[1].state)
      answer = cjson.decode(flatten("1400", table.unpack(gone)).out)
      assert.equal("stale", answer.answers[1].state)
      assert.equal("203.0.113.10", answer.records[2].data)
      assert.equal(1, answer.findings.warnings)
    end)

    it("refuses a file that holds no answers", function()
      for text, message in pairs {
        ["[]"] = "holds no answers",
        ["{"] = "holds no answers",
        ['{"answers":[{"target":"a.","type":"MX"}]}'] = "'type' must be one of",
      } do
        local broken <close> = assert(io.open(folder .. "/broken.json", "w"))
        broken:write(text)
        broken:close()
        local result = run("flatten", "--answers", folder .. "/broken.json", folder .. "/own.zone")
        assert.equal(2, result.status)
        assert.matches(message, result.err, 1, true)
      end
    end)
  end)

  describe("resolve", function()
    it("shows addresses, and the chain that leads to them", function()
      local result = run("resolve", "cdn.example.net")
      assert.equal([[
cdn.example.net.
  A     203.0.113.10  (TTL 300)
  A     203.0.113.11  (TTL 300)
        by way of edge.example.net.
  AAAA  2001:db8::10  (TTL 300)
        by way of edge.example.net.
]], result.out)
      assert.equal(0, result.status)
    end)

    it("says why a name has no address, and exits 1", function()
      local result = run("resolve", "text.example.net", "none.example.net")
      assert.equal(1, result.status)
      assert.matches("^text%.example%.net%.\n  A +no address: the name has no record of this type\n",
        result.out)
      assert.matches("none%.example%.net%.\n  A +no address: the name does not exist\n", result.out)
    end)

    it("refuses addresses that are not public, unless they are allowed", function()
      local result = run("resolve", "--alias", "allow=2001:db8::/32", "cdn.example.net")
      assert.equal(1, result.status)
      assert.matches("A +refused: its address 203%.0%.113%.1[01] is for documentation %(RFC 5737%), and allow",
        result.out)
      assert.matches("AAAA +2001:db8::10 +%(TTL 300%)\n", result.out)
      local answer = cjson.decode(run("resolve", "--json", "--alias", "allow=10.0.0.0/8", "cdn.example.net").out)
      assert.equal("special", answer[1].outcome)
      assert.same({}, answer[1].addresses)
      assert.equal(2, run("resolve", "--alias", "allow=10/8", "cdn.example.net").status)
    end)

    it("answers as JSON", function()
      local answer = cjson.decode(run("resolve", "--json", "cdn.example.net").out)
      assert.equal(2, #answer)
      assert.same({ "203.0.113.10", "203.0.113.11" }, answer[1].addresses)
      assert.same({ "edge.example.net." }, answer[1].chain)
      assert.equal("addresses", answer[2].outcome)
    end)
  end)
end)
