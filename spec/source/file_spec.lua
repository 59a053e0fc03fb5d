local clock = require "understudy.clock"
local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local file_events = require "understudy.net.file_events"
local loop = require "spec.support.loop"
local file_source = require "understudy.source.file"

local function zone_text(serial, records)
  return ("$TTL 60\n@ SOA ns. host. %d 3600 600 86400 60\n@ NS ns.example.net.\n%s\n")
    :format(serial, records or "")
end

local function write(name, text)
  local file <close> = assert(io.open(name, "wb"))
  file:write(text)
end

-- Looking at files alone takes half a second and more.
local AT_ONCE <const>, SETTLE <const>, HEARD_WITHIN <const> = 0.4, 0.1, 10

describe("source.file", function()
  local folder, source, now

  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir -p " .. folder .. "/zones/include"))
    now = os.time()
    source = file_source.new({ path = "zones/%s.zone", include = false }, {
      folder = folder,
      now = function()
        return now
      end,
    })
  end)

  after_each(function()
    os.execute("rm -rf " .. folder)
  end)

  local function name()
    return folder .. "/zones/example.com.zone"
  end

  it("reads the file of the zone's name", function()
    write(name(), zone_text(7, "www A 192.0.2.1"))
    local pulled = assert(source:pull "example.com.")
    assert.equal("example.com.", pulled.zone.origin)
    assert.equal(7, pulled.zone.serial)
    assert.equal("192.0.2.1", pulled.zone:lookup("www", "A")[1])
  end)

  it("has another version for another content or serial, and the same for the same", function()
    write(name(), zone_text(7))
    local first = assert(source:pull "example.com.").version
    write(name(), zone_text(7) .. "; a comment\n")
    assert.equal(first, assert(source:pull "example.com.").version)
    write(name(), zone_text(8))
    local second = assert(source:pull "example.com.").version
    assert.not_equal(first, second)
    write(name(), zone_text(8, "www A 192.0.2.1"))
    assert.not_equal(second, assert(source:pull "example.com.").version)
  end)

  it("reads a file again only when it looks other, or its lines are asked for", function()
    write(name(), zone_text(7))
    local young = assert(source:pull "example.com.").zone
    now = os.time() + 10
    local first = assert(source:pull "example.com.").zone
    assert.is_false(rawequal(young, first))
    assert.is_true(rawequal(first, assert(source:pull("example.com.", first)).zone))
    assert.is_false(rawequal(first, assert(source:pull("example.com.", first, true)).zone))
    write(name(), zone_text(8, "www A 192.0.2.1"))
    assert.equal(8, assert(source:pull "example.com.").zone.serial)
  end)

  it("calls a missing file an error that time can mend", function()
    local pulled, err = source:pull "example.com."
    assert.is_nil(pulled)
    assert.equal("absent", err.code)
    assert.is_true(err.temporary)
    assert.truthy(err.message:find("example.com.zone: No such file", 1, true))
  end)

  it("tells all faults of a file that can't be read as a zone", function()
    write(name(), zone_text(7, "www A 192.0.2.300\nx TXT \"open"))
    local pulled, err = source:pull "example.com."
    assert.is_nil(pulled)
    assert.equal("syntax", err.code)
    assert.is_true(#err.report >= 2)
    assert.equal(name(), err.report[1].records[1].file)
  end)

  it("includes other files only when it may", function()
    write(name(), zone_text(7, "$INCLUDE include/www"))
    write(folder .. "/zones/include/www", "www A 192.0.2.1\n")
    assert.is_nil((source:pull "example.com."))
    local including = file_source.new({ path = "zones/%s.zone", include = true }, { folder = folder })
    assert.is_not_nil(assert(including:pull "example.com.").zone:lookup("www", "A"))
  end)

  it("knows where a path without a folder is", function()
    local other = file_source.new({ path = "/srv/%s/%s", include = false }, { folder = "conf" })
    assert.equal("/srv/example.com/example.com", other:path_of "example.com.")
  end)

  describe("watches", function()
    local told, watching

    -- One look at the files; time passes between two.
    local function look()
      now = now + 1
      assert(coroutine.resume(watching))
    end

    before_each(function()
      told, now = 0, os.time() + 10
      write(name(), zone_text(1))
      watching = coroutine.create(function()
        source:watch({ "example.com." }, function(zone_name)
          assert(zone_name == "example.com.")
          told = told + 1
        end, { clock = {
          now = function()
            return now
          end,
          sleep = coroutine.yield,
        } })
      end)
      look()
      look()
      told = 0
    end)

    it("and is silent while nothing changes", function()
      for _ = 1, 10 do
        look()
      end
      assert.equal(0, told)
    end)

    it("and tells of a change when the file has come to rest", function()
      write(name(), zone_text(2))
      look()
      assert.equal(0, told)
      write(name(), zone_text(2, "www A 192.0.2.1"))
      look()
      assert.equal(0, told)
      look()
      assert.equal(1, told)
      look()
      assert.equal(1, told)
    end)

    it("and tells a second time when the time stamps could not tell more", function()
      now = os.time() - 2
      write(name(), zone_text(2, "www A 192.0.2.1"))
      look()
      look()
      assert.equal(1, told)
      now = now + 10
      look()
      look()
      assert.equal(2, told)
    end)

    it("and tells of a file that goes and comes", function()
      os.remove(name())
      look()
      look()
      assert.equal(1, told)
      write(name(), zone_text(2))
      look()
      look()
      assert.equal(2, told)
    end)

    it("and sees another file under the same name", function()
      write(folder .. "/new", zone_text(2))
      assert(os.rename(folder .. "/new", name()))
      look()
      look()
      assert.equal(1, told)
    end)

    describe("and hears", function()
      -- Runs a test while the source is watched; `await()` waits until it was told of once more.
      local function watched(test)
        loop.run(function(queue)
          local names, count, changed = { "example.com." }, 0, condition.new()
          queue:wrap(function()
            source:watch(names, function()
              count = count + 1
              changed:signal()
            end, { clock = clock.system(), file_events = file_events.open })
          end)
          cqueues.sleep(0.05)
          local began = cqueues.monotime()
          test(function()
            local before = count
            while count == before do
              assert(changed:wait(HEARD_WITHIN), "waited in vain")
            end
            return cqueues.monotime() - began
          end)
          names[1] = nil
        end)
      end

      it("at once of a file that was replaced", function()
        watched(function(await)
          write(folder .. "/new", zone_text(2))
          assert(os.rename(folder .. "/new", name()))
          assert.is_true(await() < AT_ONCE)
        end)
      end)

      it("at once of a file that was removed", function()
        watched(function(await)
          os.remove(name())
          assert.is_true(await() < AT_ONCE)
        end)
      end)

      it("of a file that was written once it has come to rest", function()
        watched(function(await)
          write(name(), zone_text(2))
          assert.is_true(await() >= SETTLE)
        end)
      end)

      it("of a file in a folder that came later", function()
        os.execute("mv " .. folder .. "/zones " .. folder .. "/elsewhere")
        watched(function(await)
          os.execute("mv " .. folder .. "/elsewhere " .. folder .. "/zones")
          write(folder .. "/zones/new", zone_text(2))
          assert(os.rename(folder .. "/zones/new", name()))
          await()
        end)
      end)
    end)
  end)
end)
