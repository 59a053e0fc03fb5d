local cjson = require "cjson"
local command = require "spec.support.command"
local policy = require "understudy.policy"

describe("init", function()
  local folder, remove
  before_each(function() folder, remove = command.folder {} end)
  after_each(function() remove() end)

  it("writes a policy, a zone and a key that can be used as they are", function()
    local result = command.run("init", "--zone", "example.org", folder .. "/it's new")
    assert.equal("", result.err)
    assert.equal(0, result.status)
    local read, err = policy.load(folder .. "/it's new/understudy.lua")
    assert.is_nil(err)
    assert.equal("example.org.", read.zones[1].name)
    assert.equal(0, command.run("check", folder .. "/it's new/example.org.zone").status)
  end)

  it("keeps the key from others, and makes a new secret each time", function()
    command.run("init", folder .. "/a")
    command.run("init", folder .. "/b")
    local result = command.shell(
      ("stat -c %%a %s/a/transfer.key; cmp %s/a/transfer.key %s/b/transfer.key"):format(
        folder, folder, folder))
    assert.matches("^600\n.+differ", result.out)
  end)

  it("says what to do next", function()
    local result = command.run("init", folder)
    assert.matches("understudy run %-%-policy " .. folder:gsub("%p", "%%%0") .. "/understudy.lua",
      result.out)
    local line = assert(result.out:match "understudy (key show %S+/transfer%.key %-%-for nsd[^\n]+)")
    assert.matches("request%-xfr: 127%.0%.0%.1@5300 transfer", command.shell("$understudy " .. line).out)
  end)

  it("answers as JSON", function()
    local wrote = cjson.decode(command.run("init", "--json", folder).out).wrote
    assert.same({ folder .. "/understudy.lua", folder .. "/example.com.zone", folder .. "/transfer.key" }, wrote)
  end)

  it("overwrites nothing", function()
    command.run("init", folder)
    local before = command.shell("cat " .. folder .. "/*").out
    local result = command.run("init", folder)
    assert.equal(2, result.status)
    assert.matches("exists already; nothing was written", result.err)
    assert.equal(before, command.shell("cat " .. folder .. "/*").out)
  end)
end)
