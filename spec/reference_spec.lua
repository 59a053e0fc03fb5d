-- The reference tells of all that there is, of nothing else, and what its examples show is so.
local checks = require "understudy.reference.checks"
local core = require "understudy.core"
local markdown = require "understudy.reference.markdown"
local reference = require "understudy.reference"
local session = require "understudy.repl.session"
local sorted = require "understudy.sorted"
local understudy = require "understudy"

local entries <const>, topics <const> = reference.entries()

-- What a topic names after a sign.
local function named(topic, sign)
  local names = {}
  for _, entry in ipairs(topic.entries) do
    names[entry.name:match("^[%w_]+%" .. sign .. "(.*)$") or false] = true
  end
  names[false] = nil
  return sorted.keys(names)
end

local function topic_of(name)
  return require("understudy.reference." .. name)
end

local function public_functions(table)
  local names = {}
  for name, value in pairs(table) do
    names[name] = type(value) == "function" or nil
  end
  return names
end

describe("the reference", function()
  it("has every method and field of every class, and no other", function()
    for class, members in pairs(core.classes()) do
      if next(members.methods) or next(members.fields) then
        local topic = reference.of_class(class)
        assert.is_not_nil(topic, "no topic has class = \"" .. class .. "\"")
        assert.same(sorted.keys(members.methods), named(topic, ":"))
        assert.same(sorted.keys(members.fields), named(topic, "."))
      end
    end
  end)

  it("has every name of the library, and no other", function()
    local names = {}
    for name in pairs(understudy) do
      names[name] = true
    end
    assert.same(sorted.keys(names), named(topic_of "understudy", "."))
    assert.same(sorted.keys(public_functions(understudy.policy)), named(topic_of "policy", "."))
    assert.same(sorted.keys(public_functions(understudy.units)), named(topic_of "units", "."))
  end)

  it("has every function of the C module that the library does not pass on", function()
    local names = public_functions(core)
    for name in pairs(names) do
      names[name] = not (entries["understudy." .. name] and understudy[name] == core[name]) or nil
    end
    assert.same(sorted.keys(names), named(topic_of "core", "."))
  end)

  it("has every method of resolvers, and no other", function()
    local resolver <close> = assert(understudy.resolver { servers = { "127.0.0.1" } })
    assert.same(sorted.keys(public_functions(getmetatable(resolver).__index)), (function()
      local methods = { __close = true }
      for _, name in ipairs(named(topic_of "resolver", ":")) do
        methods[name] = true
      end
      return sorted.keys(methods)
    end)())
  end)

  -- A field that ends in "?" may be missing.
  local function assert_fields(topic, sample)
    local known = {}
    for _, entry in ipairs(topic.entries) do
      local name = entry.name:match "[^.]*$"
      known[name] = true
      if not entry.type:find "%?$" and entry.type ~= "any" then
        assert.is_not_nil(rawget(sample, name), entry.name .. " does not exist")
      end
    end
    for name in next, sample do
      assert.is_true(known[name], topic.name .. "." .. name .. " is missing from the reference")
    end
  end

  it("has the fields of findings, lookups, answers, errors and responses", function()
    local _, err = understudy.parse { text = "@ 300 A nonsense", origin = "example.net" }
    assert_fields(topic_of "error", err)
    assert_fields(topic_of "finding", err.report[1])
    local answers = assert(understudy.answers())
    local lookup = {
      target = "host.example.", type = "A", outcome = "addresses", ttl = 60, addresses = { "192.0.2.1" }, chain = {},
    }
    local _, answer = answers:learn(lookup, 1)
    assert_fields(topic_of "lookup", lookup)
    assert_fields(topic_of "answer", answer)
    local zone = assert(understudy.parse { text = "@ 60 SOA ns admin 1 2 3 4 5", origin = "example.net" })
    local request = assert(core.request { origin = "example.net" })
    assert_fields(topic_of "response", assert(request:read(core.query(request.octets):soa(zone, 1), 1)))
  end)

  it("names each thing once and says what it takes and gives", function()
    for _, topic in ipairs(reference.topics()) do
      for _, entry in ipairs(topic.entries) do
        assert.equal(topic, topics[entry.name], entry.name .. " stands in two topics")
        assert.is_true((entry.type == nil) ~= (entry.parameters == nil), entry.name)
        assert.is_true(#entry.text > 0 and #reference.signature(entry) > 0, entry.name)
        for _, list in ipairs { entry.parameters or {}, entry.options or {}, entry.errors or {} } do
          for _, item in ipairs(list) do
            assert.is_true(#item[#item] > 0, entry.name .. ": nothing is said about " .. item[1])
          end
        end
      end
    end
  end)

  it("has options that the functions take", function()
    local zone = assert(understudy.parse { text = "@ 60 A 192.0.2.1", origin = "example.net" })
    local calls = {
      ["understudy.parse"] = understudy.parse, ["understudy.answers"] = understudy.answers,
      ["understudy.key"] = understudy.key, ["understudy.resolver"] = understudy.resolver,
      ["core.request"] = core.request, ["core.udp"] = core.udp,
      ["core.streams"] = core.streams,
      ["zone:check"] = function(options) return zone:check(options) end,
      ["zone:each"] = function(options) return zone:each(options) end,
      ["request:inbound"] = function(options)
        return core.request { kind = "transfer", zone = zone }:inbound(options)
      end,
      ["zone:rrsets"] = function(options) return zone:rrsets(options) end,
      ["zone:flatten"] = function(options) return zone:flatten(options) end,
      ["zone:targets"] = function(options) return zone:targets(options) end,
    }
    for name, entry in pairs(entries) do
      for _, option in ipairs(entry.options or {}) do
        assert.is_not_nil(calls[name], name .. " is not tried")
        local key = option[1]:gsub("%?$", "")
        -- No option is a function, so one that is known complains of its type, or is not looked at.
        local _, message = pcall(calls[name], { [key] = print })
        assert.is_nil(tostring(message):match "unknown option", name .. ": " .. key)
      end
    end
  end)
end)

-- Each line that is typed in an example, with what is printed after it.
local function steps(example)
  local list = {}
  for line in example:gmatch "([^\n]*)\n" do
    local typed = line:match "^>>? (.*)"
    if typed then
      list[#list + 1] = { typed = typed, printed = {} }
    else
      table.insert(list[#list].printed, line)
    end
  end
  return list
end

describe("the examples of the reference", function()
  for name, entry in pairs(entries) do
    if entry.example then
      it("of " .. name .. " print what they show", function()
        local printed = {}
        local typist = session.new(function(text)
          printed[#printed + 1] = text
        end)
        typist.environment.zone = assert(understudy.parse { file = "examples/example.com.zone" })
        for _, step in ipairs(steps(entry.example)) do
          assert.is_nil(typist:feed(step.typed))
          assert.equal(table.concat(step.printed, "\n"), (table.concat(printed):gsub("\n$", "")))
          printed = {}
        end
      end)
    end
  end
end)

describe("docs/lua.md", function()
  it("is what `make docs` writes", function()
    local file <close> = assert(io.open "docs/lua.md")
    assert.is_true(file:read "a" == markdown.page(), "docs/lua.md is old: run make docs")
  end)
end)

describe("docs/checks.md", function()
  it("is made from the rules", function()
    local file <close> = assert(io.open "docs/checks.md")
    assert.is_true(file:read "a" == checks.page(), "docs/checks.md is old: run make docs")
  end)
end)
