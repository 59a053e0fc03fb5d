-- core.make_folder and core.create_file.
local command = require "spec.support.command"
local core = require "understudy.core"
local lfs = require "lfs"

local function mode(path)
  return lfs.attributes(path, "permissions")
end

describe("files for their owner", function()
  local folder, remove
  before_each(function() folder, remove = command.folder {} end)
  after_each(function() remove() end)

  it("makes a folder and those above it", function()
    assert.is_true(core.make_folder(folder .. "/a/b", true))
    assert.equal("rwx------", mode(folder .. "/a"))
    assert.equal("rwx------", mode(folder .. "/a/b"))
    assert.is_true(core.make_folder(folder .. "/a/b/", true))
  end)

  it("says why a folder can't be made", function()
    assert.is_true(core.create_file(folder .. "/file", ""))
    local made, err = core.make_folder(folder .. "/file/below")
    assert.is_nil(made)
    assert.equal("io", err.code)
    assert.matches("/file: File exists", err.message)
  end)

  it("creates a file, and never writes over one", function()
    local path = folder .. "/key"
    assert.is_true(core.create_file(path, "secret\n", true))
    assert.equal("rw-------", mode(path))
    local made, err = core.create_file(path, "other\n", true)
    assert.is_nil(made)
    assert.equal("exists", err.code)
    assert.equal("secret\n", command.shell("cat " .. path).out)
  end)
end)
