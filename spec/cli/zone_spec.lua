-- check, print and diff: the commands that only read zone files.
local cjson = require "cjson"
local command = require "spec.support.command"
local core = require "understudy.core"

local GOOD <const> = [[
$ORIGIN example.com.
$TTL 1h
@    SOA  ns1 hostmaster 7 4h 1h 2w 5m
     NS   ns1
     NS   ns2.example.net.
ns1  A    192.0.2.53
www  A    192.0.2.1
]]

describe("check", function()
  local folder, remove
  before_each(function()
    folder, remove = command.folder {
      ["good.zone"] = GOOD,
      ["bad.zone"] = GOOD .. "www CNAME ns1\n",
      ["broken.zone"] = GOOD .. "www A 192.0.2.256\nns1 AAAA ::x\n",
    }
  end)
  after_each(function() remove() end)

  it("says in one line that a zone is clean", function()
    local result = command.run("check", folder .. "/good.zone")
    assert.equal("", result.err)
    assert.matches("^example%.com%.  serial 7  5 records in 3 names: no findings\n$", result.out)
    assert.equal(0, result.status)
  end)

  it("reports a finding with its place, and exits 1", function()
    local result = command.run("check", folder .. "/bad.zone")
    assert.equal(1, result.status)
    assert.matches("bad%.zone:[78]: error cname%.coexist: ", result.out)
  end)

  it("reports all that is wrong with a file that cannot be read as a zone", function()
    local result = command.run("check", folder .. "/broken.zone")
    assert.equal(1, result.status)
    assert.matches("broken%.zone:8:", result.out)
    assert.matches("broken%.zone:9:", result.out)
    assert.matches("2 errors", result.out)
  end)

  it("lists the rules instead", function()
    local list = command.run("check", "--rules")
    assert.equal(0, list.status)
    assert.matches("\nerror +cname%.coexist +A CNAME stands alone", list.out)
    local rules = cjson.decode(command.run("check", "--rules", "--json").out).rules
    assert.equal(#core.rules(), #rules)
    assert.equal("cname.coexist", (list.out:match "(%S+) +A CNAME stands alone"))
  end)

  it("reports as JSON", function()
    local clean = cjson.decode(command.run("check", "--json", folder .. "/good.zone").out)
    assert.same({ zone = "example.com.", serial = 7, records = 5, errors = 0, warnings = 0,
      infos = 0, findings = {} }, clean)
    local result = command.run("check", "--json", folder .. "/bad.zone")
    local report = cjson.decode(result.out)
    assert.equal(1, result.status)
    assert.equal("cname.coexist", report.findings[1].id)
    assert.equal("www.example.com.", report.findings[1].owner)
  end)

  it("reads standard input", function()
    local result = command.shell("$understudy check - <" .. folder .. "/bad.zone")
    assert.equal(1, result.status)
    assert.matches("<stdin>:[78]:", result.out)
  end)

  it("takes the origin from the command line", function()
    local result = command.shell(
      "printf '@ 60 SOA a b 1 4h 1h 2w 5m\n@ 60 NS ns.example.net.\n@ 60 NS ns.example.com.\n' |"
      .. "$understudy check --origin example.org -")
    assert.equal("", result.err)
    assert.matches("^example%.org%.", result.out)
  end)

  it("says when there is no such file", function()
    local result = command.run("check", folder .. "/none.zone")
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.equal(("understudy: %s/none.zone: No such file or directory\n"):format(folder),
      result.err)
  end)
end)

describe("print", function()
  it("prints records in canonical form, the SOA first, and reads what it prints", function()
    local folder, remove = command.folder { ["a.zone"] = GOOD }
    finally(remove)
    local once = command.run("print", folder .. "/a.zone")
    assert.equal([[
example.com. 3600 IN SOA ns1.example.com. hostmaster.example.com. 7 14400 3600 1209600 300
example.com. 3600 IN NS ns1.example.com.
example.com. 3600 IN NS ns2.example.net.
ns1.example.com. 3600 IN A 192.0.2.53
www.example.com. 3600 IN A 192.0.2.1
]], (once.out:gsub("[ \t]+", " ")))
    local twice = command.shell(
      ("$understudy print %s/a.zone | $understudy print -"):format(folder))
    assert.equal(once.out, twice.out)
    assert.equal(0, twice.status)
  end)

  it("prints nothing of a zone that cannot be read, and exits 2", function()
    local result = command.shell "printf '@ 60 A 1.2.3\n' | $understudy print --origin a.example -"
    assert.equal("", result.out)
    assert.matches("<stdin>:1:", result.err)
    assert.equal(2, result.status)
  end)

  it("ends quietly when its reader goes away", function()
    local result = command.shell([[
      { printf '@ 60 SOA a b 1 4h 1h 2w 5m\n@ 60 NS a\n'
        i=0; while [ $i -lt 20000 ]; do echo "n$i 60 A 192.0.2.1"; i=$((i+1)); done
      } | { $understudy print --origin example.com -; echo $? >&2; } | head -n 1]])
    assert.matches("SOA", result.out)
    assert.matches("^%d+\n$", result.err)
    assert.not_equal("0\n", result.err)
  end)
end)

describe("diff", function()
  local folder, remove
  setup(function()
    folder, remove = command.folder {
      ["old.zone"] = GOOD,
      ["same.zone"] = (GOOD:gsub("%$TTL 1h", "$TTL 3600")),
      ["new.zone"] = (GOOD:gsub("192%.0%.2%.1\n", "192.0.2.7\n"):gsub(" 7 4h", " 8 4h")),
      ["other.zone"] = (GOOD:gsub("example%.com", "example.org")),
    }
  end)
  teardown(function() remove() end)

  local function diff(...)
    local words = { "diff", ... }
    for i = #words - 1, #words do
      words[i] = folder .. "/" .. words[i]
    end
    return command.run(table.unpack(words))
  end

  it("is silent about equal zones", function()
    assert.same({ status = 0, out = "", err = "" }, diff("old.zone", "same.zone"))
  end)

  it("shows what changes", function()
    local result = diff("old.zone", "new.zone")
    assert.equal(1, result.status)
    assert.matches("\n%-[^\n]*192%.0%.2%.1\n", result.out)
    assert.matches("\n%+[^\n]*192%.0%.2%.7\n", result.out)
  end)

  it("writes a script for nsupdate", function()
    local result = diff("--format", "nsupdate", "old.zone", "new.zone")
    assert.equal(1, result.status)
    assert.matches("update delete www%.example%.com%.[^\n]* A 192%.0%.2%.1\n", result.out)
    assert.matches("update add www%.example%.com%. 3600[^\n]* A 192%.0%.2%.7\n", result.out)
    assert.matches("\nsend\n", result.out)
  end)

  it("says why there can be no script", function()
    local alias = GOOD .. "www ALIAS host.example.net.\n"
    local zones, clean = command.folder { ["old.zone"] = GOOD, ["new.zone"] = alias }
    local result = command.run("diff", "--format", "nsupdate", zones .. "/old.zone", zones .. "/new.zone")
    clean()
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.matches("^understudy: [^\n]*ALIAS", result.err)
  end)

  it("writes JSON, by either option", function()
    local result = diff("--json", "old.zone", "new.zone")
    assert.equal(result.out, diff("--format", "json", "old.zone", "new.zone").out)
    local changes = cjson.decode(result.out).changes
    assert.equal(2, #changes)
    assert.same({ owner = "www.example.com.", type = "A",
      before = { ttl = 3600, records = { "192.0.2.1" } },
      after = { ttl = 3600, records = { "192.0.2.7" } } }, changes[2])
  end)

  it("does not compare different zones", function()
    local result = diff("old.zone", "other.zone")
    assert.equal(2, result.status)
    assert.matches("^understudy: ", result.err)
  end)
end)
