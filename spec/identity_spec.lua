-- What tells two readings of a policy apart.
local command = require "spec.support.command"
local identity = require "understudy.identity"
local key = require "understudy.policy.key"
local policy = require "understudy.policy"

local function read(options, folder)
  return assert(policy.parse(([[
local limit = %s
return policy {
  source = source.file { path = "%%s.zone", include = %s },
  targets = { target.secondary "b" { transfer = "192.0.2.1", notify = "192.0.2.1:%s" } },
  retry = function(attempt) return attempt < limit and 5 or nil end,
  zones = { "example.com" },
}]]):format(options.limit or 3, options.include or "false", options.port or 53), (folder or "") .. "policy.lua"))
end

describe("identity", function()
  local function source(options, folder)
    return read(options, folder).zones[1].source
  end
  local function target(options)
    return read(options).zones[1].targets[1]
  end
  local function retry(options)
    return read(options).retry
  end

  it("is that of what a source or target was made of, not of where it was made", function()
    assert.is_false(rawequal(source {}, source {}))
    assert.is_true(identity.same(source {}, source {}))
    assert.is_true(identity.same(target {}, target { limit = 4 }))
    assert.is_false(identity.same(source {}, source { include = "true" }))
    assert.is_false(identity.same(source {}, source({}, "elsewhere/")))
    assert.is_false(identity.same(target {}, target { port = 54 }))
    assert.is_false(identity.same(source {}, target {}))
  end)

  it("of a function is its code and what it refers to", function()
    assert.is_true(identity.same(retry {}, retry {}))
    assert.is_false(identity.same(retry {}, retry { limit = 4 }))
    local function countdown(by)
      local function count(n)
        return n > 0 and count(n - by) or n
      end
      return count
    end
    assert.is_true(identity.same(countdown(1), countdown(1)))
    assert.is_false(identity.same(countdown(1), countdown(2)))
    assert.is_false(identity.same(print, tostring))
  end)

  it("of a key is its name, its algorithm and its secret", function()
    local folder, remove = command.folder {}
    finally(remove)
    local function made(name, secret)
      local file <close> = assert(io.open(folder .. "/key", "wb"))
      file:write(key.text { name = name, algorithm = "hmac-sha256", secret = secret })
      file:close()
      os.execute("chmod 600 " .. folder .. "/key")
      return assert(key.read(folder .. "/key"))
    end
    local one, other = ("QUFB"):rep(8), ("QkJC"):rep(8)
    assert.is_true(identity.same(made("a", one), made("a", one)))
    assert.is_false(identity.same(made("a", one), made("a", other)))
    assert.is_false(identity.same(made("a", one), made("b", one)))
  end)

  it("takes values for what they are", function()
    assert.is_true(identity.same({ 1, { a = "x" } }, { 1, { a = "x" } }))
    assert.is_false(identity.same({ 1, { a = "x" } }, { 1, { a = "x", b = false } }))
    assert.is_false(identity.same({ a = 1 }, {}))
    assert.is_true(identity.same(nil, nil))
    assert.is_false(identity.same(nil, false))
  end)
end)
