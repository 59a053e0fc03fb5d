-- docs/policy.md names every word of a policy, and what it shows can be written so.
local constructors = require "understudy.policy.constructors"
local environment = require "understudy.policy.environment"
local schema = require "understudy.schema"
local shape = require "understudy.policy.shape"
local sorted = require "understudy.sorted"
local support = require "spec.support.dns"

local function page()
  local file <close> = assert(io.open "docs/policy.md")
  return file:read "a"
end

-- Modules that the page speaks of.
local MODULES <const> = {
  ["acme.zone_rules"] = { { id = "acme.one", text = "x", check = function() end } },
  ["acme.inventory"] = { records = function() end },
}

describe("the page about policies", function()
  before_each(function()
    for name, module in pairs(MODULES) do
      package.preload[name] = function() return module end
    end
  end)

  after_each(function()
    for name in pairs(MODULES) do
      package.preload[name], package.loaded[name] = nil, nil
    end
  end)

  it("has a word about each constructor, source and target", function()
    local text = page()
    for _, name in ipairs(sorted.keys(constructors.new ".")) do
      assert.truthy(text:find(name .. "[ .(]"), name)
    end
    for kind, modules in pairs { source = constructors.SOURCES, target = constructors.TARGETS } do
      for name in pairs(modules) do
        assert.truthy(text:find(("### `%s.%s`"):format(kind, name), 1, true), name)
      end
    end
  end)

  -- What a block of the page assigns: settings of a policy. What it leaves out is put in.
  local function run(block)
    local settings, words = { zones = { "example.com" } }, constructors.new "."
    local zone, ns = words.zone, words.target.secondary
    words.key = function() return support.key() end
    words.ns_b, words.ns_c = ns "b" { transfer = "::1", notify = "::1" }, ns "c" { transfer = "::1", notify = "::1" }
    words.zone = function(name)
      return function(options)
        table.insert(settings.zones, zone(name)(options))
      end
    end
    local text = block:gsub('(target%.update "%w+" {) …', '%1 server = "192.0.2.53", key = key "x"')
      :gsub('(target%.secondary "[%w-]+" {) …', '%1 transfer = "192.0.2.53", notify = "192.0.2.53"')
      :gsub('"…"', '"192.0.2.53"')
    local scope = setmetatable({}, { __index = environment.new(words), __newindex = settings })
    assert(load(text, block, "t", scope))()
    return settings
  end

  it("shows what a policy takes", function()
    local blocks = 0
    for block in page():gmatch "```lua\n(.-)```" do
      if not block:find "^return {" and not block:find "certificate = \"tls/" then
        local settings = run(block)
        blocks = blocks + 1
        settings.source = settings.source or constructors.new(".").source.file "x"
        settings.targets = settings.targets or { constructors.new(".").target.secondary "he" {} }
        local made, faults = schema.check(shape.policy ".", constructors.new(".").policy(settings))
        assert.same({}, faults, block)
        assert.truthy(made)
      end
    end
    assert.is_true(blocks >= 12, blocks)
  end)
end)
