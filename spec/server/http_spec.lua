-- What the control API sends, beside other work of its loop.
local client = require "understudy.server.http.client"
local cqueues = require "cqueues"
local http = require "understudy.server.http"
local log = require "understudy.log"

local MANY <const> = 1000
local PATIENCE <const> = 30

-- Serves lists of so many elements by their paths, and counts the elements made.
local function serve(path)
  local made = { count = 0 }
  local server = assert(http.serve(path, function(_, target)
    local wanted, i = tonumber(target:match "%d+$"), 0
    return 200, { path = target }, wanted and { name = "list", each = function()
      i = i + 1
      made.count = made.count + 1
      return i <= wanted and { number = i } or nil
    end }
  end, log.new()))
  return server, made
end

-- Runs `test` in a loop with such a server until it has ended; the server never does.
local function with_server(test)
  local path, queue, ended = os.tmpname() .. ".sock", cqueues.new(), false
  queue:wrap(function()
    local server, made = serve(path)
    test(queue, path, made)
    server:close()
    ended = true
  end)
  local deadline = cqueues.monotime() + PATIENCE
  while not ended do
    assert(queue:step(1))
    assert(cqueues.monotime() < deadline, "it takes too long")
  end
end

describe("an answer with a list", function()
  it("is sent while the loop goes on with other work", function()
    with_server(function(queue, path, made)
      local answer
      queue:wrap(function()
        answer = assert(client.request(path, "GET", "/" .. MANY, PATIENCE))
      end)
      local most, before, turns = 0, 0, 0
      while not answer do
        cqueues.sleep(0)
        most, before = math.max(most, made.count - before), made.count
        turns = turns + 1
      end
      assert.equal("/" .. MANY, answer.path)
      assert.equal(MANY, #answer.list)
      for i = 1, MANY do
        assert.equal(i, answer.list[i].number)
      end
      assert.is_true(most <= MANY / 10, most .. " elements in one turn of the loop")
      assert.is_true(turns >= 10)
    end)
  end)

  it("is whole however long the list is", function()
    with_server(function(_, path)
      for _, count in ipairs { 0, 1, 19, 20, 21, 40 } do
        local answer = assert(client.request(path, "GET", "/" .. count, PATIENCE))
        assert.equal(count, #answer.list)
      end
      assert.same({ path = "/" }, (client.request(path, "GET", "/", PATIENCE)))
    end)
  end)
end)
