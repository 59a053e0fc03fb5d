local lock = require "understudy.store.lock"
local quote = require "understudy.store.quote"
local codec = require "understudy.store.codec"
local store = require "understudy.store"

local function publication(serial, content)
  return {
    zone = "example.com.", serial = serial, hash = ("h%d"):format(serial), cause = "test", at = 1.5,
    records = 3, content = content or "text",
  }, { zone = "example.com.", version = "v" .. serial, at = 1.0, content = "source" }
end

local function temporary_folder()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir " .. path))
  finally(function()
    os.execute("rm -r " .. path)
  end)
  return path
end

-- Runs a test in a task of an event loop, with a store on its thread.
local function with_thread(path, test)
  local cqueues = require "cqueues"
  local clock = require("understudy.clock").system()
  local task = require "understudy.task"
  local queue, failures = cqueues.new(), {}
  local failing = { error = function(_, ...)
    failures[#failures + 1] = string.format(...)
  end }
  local function spawn(name, fn)
    task.spawn(queue, name, fn, failing)
  end
  spawn("test", function()
    local opened <close> = assert(store.open(path, clock, spawn))
    test(opened, spawn, clock)
  end)
  assert(queue:loop(30))
  assert.same({}, failures)
end

describe("SQL literals", function()
  it("can't be broken out of", function()
    assert.equal("'it''s'", quote.value "it's")
    assert.equal("CAST(x'610062' AS TEXT)", quote.value "a\0b")
    assert.equal("NULL", quote.value(nil))
    assert.equal("4294967295", quote.value(4294967295))
    assert.equal("VALUES ('x'');--', NULL)", quote.bind("VALUES (:a, :b)", { a = "x');--" }))
    assert.has_error(function()
      quote.value(0 / 0)
    end)
  end)
end)

describe("the codec", function()
  it("gives back what it took", function()
    local value = { a = { 1, 2.5, "\0\255'" }, b = false, [3] = "", c = {}, d = math.mininteger }
    assert.same(value, codec.decode(codec.encode(value)))
    assert.is_nil(codec.decode(codec.encode(nil)))
  end)
end)

describe("the store", function()
  it("remembers publications and the source they were made from", function()
    local opened <close> = assert(store.direct ":memory:")
    assert.is_false(opened:publication "example.com.")
    assert.is_false(opened:source "example.com.")
    assert(opened:publish(publication(4294967295, "a 'quoted' \0 text")))
    assert(opened:publish(publication(1)))
    local last = opened:publication "example.com."
    assert.equal(1, last.serial)
    assert.equal("text", last.content)
    assert.equal("v1", opened:source("example.com.").version)
    local history = opened:history "example.com."
    assert.same({ 1, 4294967295 }, { history[1].serial, history[2].serial })
  end)

  it("refuses a serial with another content, and changes nothing then", function()
    local opened <close> = assert(store.direct ":memory:")
    assert(opened:publish(publication(7)))
    local again, source = publication(7, "other")
    source.version = "other"
    local ok, err = opened:publish(again, source)
    assert.is_nil(ok)
    assert.equal("io", err.code)
    assert.equal("text", opened:publication("example.com.").content)
    assert.equal("v7", opened:source("example.com.").version)
  end)

  it("keeps the last 20 publications of a zone", function()
    local opened <close> = assert(store.direct ":memory:")
    for serial = 1, 25 do
      assert(opened:publish(publication(serial)))
    end
    local history = opened:history "example.com."
    assert.equal(20, #history)
    assert.equal(6, history[20].serial)
  end)

  it("gives answers back as they were", function()
    local opened <close> = assert(store.direct ":memory:")
    local answer = {
      target = "host.example.", type = "AAAA", state = "stale", last = "failure", ttl = 300,
      addresses = { "2001:db8::1", "2001:db8::2" }, last_success = 1.5, last_lookup = 2.5,
      next_refresh = 3.5, first_empty = 0.0, failures = 2, empties = 0, error = "SERVFAIL",
      failure = "servfail", chain = { "cdn.example.", "edge.example." }, ttl_seen = 1.5, low_ttls = 2,
    }
    assert(opened:save_answers { answer })
    assert.same({ answer }, opened:answers())
    assert(opened:forget_answers "host.example.")
    assert.same({}, opened:answers())
  end)

  it("visits any number of answers, each once", function()
    local opened <close> = assert(store.direct ":memory:")
    local list = {}
    for i = 1, 2500 do
      list[i] = {
        target = ("h%d.example."):format(i // 2), type = i % 2 == 0 and "A" or "AAAA", state = "fresh",
        last = "nodata", ttl = 0, addresses = {}, chain = {}, ttl_seen = 0.0, low_ttls = 0, last_success = 1.5,
        last_lookup = 2.5, next_refresh = 3.5, first_empty = 0.0, failures = 0, empties = 0,
      }
    end
    assert(opened:save_answers(list))
    local seen, count = {}, 0
    assert(opened:each_answer(function(answer)
      count = count + 1
      seen[answer.target .. answer.type] = true
    end))
    assert.equal(2500, count)
    for _, answer in ipairs(list) do
      assert.is_true(seen[answer.target .. answer.type])
    end
  end)

  it("outlives its process, and can be read without being changed", function()
    local path = temporary_folder() .. "/understudy.db"
    do
      local opened <close> = assert(store.direct(path))
      assert(opened:publish(publication(5)))
      assert(opened:save_delivery { zone = "example.com.", target = "b", state = "ok", wanted = 5,
        served = 5, attempts = 0, since = 9.5 })
    end
    local reader <close> = assert(store.direct(path, { readonly = true }))
    assert.equal(5, reader:publication("example.com.").serial)
    assert.equal(9.5, reader:deliveries("example.com.")[1].since)
    assert.is_nil(reader:publish(publication(6)))
  end)

  it("says when there is none to read", function()
    local opened, err = store.direct(temporary_folder() .. "/none.db", { readonly = true })
    assert.is_nil(opened)
    assert.equal("absent", err.code)
  end)

  it("does not use a file that is damaged", function()
    local path = temporary_folder() .. "/understudy.db"
    do
      local opened <close> = assert(store.direct(path))
      for serial = 1, 20 do
        assert(opened:publish(publication(serial, ("x"):rep(10000))))
      end
    end
    local file <close> = assert(io.open(path, "r+b"))
    file:seek("set", 8192)
    file:write(("\255"):rep(20000))
    file:close()
    local opened, err = store.direct(path)
    assert.is_nil(opened)
    assert.equal("io", err.code)
  end)

  it("does not use a file of a newer version", function()
    local path = temporary_folder() .. "/understudy.db"
    local database = require "understudy.store.database"
    do
      local db <close> = assert(database.open(path))
      assert(db:execute "PRAGMA user_version = 999")
    end
    local opened, err = store.direct(path)
    assert.is_nil(opened)
    assert.truthy(err.message:find("newer", 1, true))
  end)
end)

describe("the store on its thread", function()
  it("serves many tasks at once, in whole transactions", function()
    local path = temporary_folder() .. "/understudy.db"
    with_thread(path, function(opened, spawn, clock)
      local done, finished = 0, clock.condition()
      for i = 1, 200 do
        spawn("writer", function()
          assert(opened:save_delivery { zone = "example.com.", target = "t" .. i, state = "ok",
            wanted = i, attempts = 0, since = 1.0 })
          done = done + 1
          finished:signal()
        end)
      end
      while done < 200 do
        finished:wait()
      end
      assert.equal(200, #opened:deliveries "example.com.")
    end)
  end)

  it("does not hold up the loop while it works", function()
    with_thread(temporary_folder() .. "/understudy.db", function(opened, spawn, clock)
      local ticks, writing = 0, true
      spawn("ticker", function()
        while writing do
          clock.sleep(0.001)
          ticks = ticks + 1
        end
      end)
      assert(opened:publish(publication(1, ("x"):rep(20000000))))
      writing = false
      assert.is_true(ticks > 10)
      assert.equal(20000000, #opened:publication("example.com.").content)
    end)
  end)

  it("tells a failure of one call to that call only", function()
    with_thread(temporary_folder() .. "/understudy.db", function(opened, spawn, clock)
      assert(opened:publish(publication(7)))
      local failed, waited = nil, clock.condition()
      spawn("writer", function()
        failed = select(2, opened:publish(publication(7)))
        waited:signal()
      end)
      assert(opened:publish(publication(8)))
      while not failed do
        waited:wait()
      end
      assert.equal("io", failed.code)
      assert.equal(8, opened:publication("example.com.").serial)
    end)
  end)

  it("reports that its file can't be opened", function()
    local cqueues = require "cqueues"
    local queue, opened, err = cqueues.new(), nil, nil
    queue:wrap(function()
      opened, err = store.open("/nonexistent/understudy.db", require("understudy.clock").system(), error)
    end)
    assert(queue:loop(10))
    assert.is_nil(opened)
    assert.equal("io", err.code)
  end)
end)

describe("the lock of a state folder", function()
  it("is held by one process, which it names", function()
    local folder = temporary_folder()
    local held = assert(lock.take(folder))
    local second, err = lock.take(folder)
    assert.is_nil(second)
    assert.equal("busy", err.code)
    assert.truthy(err.message:find(("another understudy (pid %d) uses"):format(lock.pid()), 1, true))
    held:release()
    local third <close> = assert(lock.take(folder))
    assert.is_not_nil(third)
  end)
end)
