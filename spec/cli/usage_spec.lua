local command = require "spec.support.command"

local COMMANDS <const> = {
  "check", "print", "diff", "flatten", "resolve", "plan", "sync", "run", "status", "doctor", "init",
}

describe("the command line", function()
  it("prints its version", function()
    local result = command.run "--version"
    assert.equal("understudy " .. require "understudy.version" .. "\n", result.out)
    assert.equal(0, result.status)
  end)

  it("lists every command on a line of its own", function()
    local result = command.run "--help"
    assert.equal(0, result.status)
    for _, name in ipairs(COMMANDS) do
      assert.matches("\n +" .. name .. " +%u[^\n]+%.\n", result.out)
    end
  end)

  it("has --json with every command", function()
    for _, name in ipairs(COMMANDS) do
      assert.matches("\n +%-%-json +%u", command.run(name, "--help").out)
    end
  end)

  it("explains each command", function()
    local result = command.run("check", "--help")
    assert.equal(0, result.status)
    assert.matches("%-%-origin NAME", result.out)
  end)

  it("suggests the command that was meant", function()
    local result = command.run "chekc"
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.matches("unknown command 'chekc'\nDid you mean 'check'", result.err)
  end)

  it("suggests the option that was meant and says where help is", function()
    local result = command.run("check", "--jsn", "x")
    assert.equal(2, result.status)
    assert.matches("unknown option '%-%-jsn'\nDid you mean '%-%-json'", result.err)
    assert.matches("See 'understudy check %-%-help'", result.err)
  end)

  it("refuses arguments that are missing", function()
    local result = command.run "check"
    assert.equal(2, result.status)
    assert.matches("understudy: missing argument 'file'", result.err)
  end)

  it("refuses an origin that is no name", function()
    local result = command.run("check", "--origin", "a..b", "x")
    assert.equal(2, result.status)
    assert.matches("'a%.%.b' is not a domain name", result.err)
  end)

  it("can be started from anywhere, through links, below a folder with odd names", function()
    local folder, remove = command.folder {}
    finally(remove)
    local result = command.shell(("cd %s && mkdir 'a b' && ln -s %s 'a b/us' && 'a b/us' --version")
      :format(folder, command.quoted(command.program)))
    assert.equal("", result.err)
    assert.matches("^understudy ", result.out)
  end)

  it("says when standard output cannot be written", function()
    local result = command.shell "printf '' | $understudy check --json - >/dev/full"
    assert.matches("understudy: standard output: No space left", result.err)
    assert.equal(2, result.status)
  end)
end)
