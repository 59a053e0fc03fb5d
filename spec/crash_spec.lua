-- A few of the kills that `make crash` makes by the hundred.
local crash = require "spec.support.crash"
local postgresql = require "spec.support.postgresql"

local KILLS <const> = 10

describe("a daemon that is killed again and again under load", function()
  it("loses nothing that it kept in a file, even when it dies in the middle of a write", function()
    assert.is_true(crash.run(KILLS).busy > 0)
  end)

  it("loses nothing that it kept in PostgreSQL, and does not wait for itself", function()
    local server <close> = postgresql.start()
    local store = ("store = postgresql %q,"):format(server:database():gsub("^postgresql ", ""))
    assert.is_true(crash.run(KILLS, store).busy > KILLS / 2)
  end)
end)
