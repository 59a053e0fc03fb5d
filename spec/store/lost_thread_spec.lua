-- A store whose thread is gone: nobody waits for it for ever.
local clock = require "understudy.clock"
local codec = require "understudy.store.codec"
local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local store = require "understudy.store"
local task = require "understudy.task"
local thread = require "understudy.store.thread"

local PATIENCE <const> = 5 -- seconds
local CALLS <const> = 3

local failing = { error = function(_, format, ...)
  error(format:format(...))
end }

-- Runs a test with a store and the end of its socket that the thread would have: how a thread dies can't be told to it.
local function with_store(test)
  local start, theirs, ended = thread.start, nil, false
  finally(function()
    thread.start = start -- luacheck: ignore 122
  end)
  function thread.start() -- luacheck: ignore 122
    local ours
    ours, theirs = socket.pair()
    codec.write(theirs, { value = true })
    return { join = function() end }, ours
  end
  local queue = cqueues.new()
  local function spawn(name, fn)
    task.spawn(queue, name, fn, failing)
  end
  spawn("test", function()
    test(assert(store.open("unused", clock.system(), spawn)), theirs, spawn)
    ended = true
  end)
  assert(queue:loop(PATIENCE))
  assert.is_true(ended)
end

describe("a store whose thread is gone", function()
  for what, leave in pairs {
    ["before it read"] = function() end,
    ["in the middle of an answer"] = function(theirs)
      theirs:xread(1, "bf")
      theirs:xwrite("\1\1", "bn")
    end,
  } do
    it(what .. " fails the calls that wait, and those to come", function()
      with_store(function(opened, theirs, spawn)
        spawn("thread", function()
          cqueues.poll { pollfd = theirs:pollfd(), events = "r" }
          leave(theirs)
          theirs:close() -- where something was not read, this resets the connection
        end)
        for _ = 1, CALLS do
          local answer, err = opened:zones({ "a." }, 0)
          assert.is_nil(answer)
          assert.equal("io", err.code)
          assert.matches("the store", err.message)
        end
      end)
    end)
  end
end)
