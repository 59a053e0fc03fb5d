-- A few deaths of the daemon under load; `make crash` has hundreds.
local command = require "spec.support.command"

describe("the daemon", function()
  it("loses nothing when it is killed again and again", function()
    local result = command.shell "timeout 120 lua5.4 spec/crash.lua 4"
    assert.equal(0, result.status, result.err)
    assert.truthy(result.out:find("4 kills", 1, true), result.out)
  end)
end)
