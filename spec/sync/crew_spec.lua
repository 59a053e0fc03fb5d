-- Who works at which zone: none waits for another's source, and no process for what others have.
local audit = require "understudy.sync.audit"
local chance = require "spec.simulation.chance"
local crew = require "understudy.sync.crew"
local online = require "understudy.sync.online"
local simulation = require "spec.sync.simulation"
local time = require "spec.support.time"

describe("the crew", function()
  -- A crew whose work lasts `seconds(zone)`; what is under way and what was done is in `working` and `done`.
  local function new(seconds)
    local tasks, made = time.new(), { working = 0, most = 0, done = {} }
    local clock = tasks:clock(0)
    made.tasks = tasks
    made.crew = crew.new({ clock = clock, spawn = function(_, fn)
      tasks:spawn("crew", fn)
    end, log = { error = function(_, _, zone)
      made.failed = zone
    end } }, 100, function(lease)
      made.working = made.working + 1
      made.most = math.max(made.most, made.working)
      clock.sleep(seconds(lease.zone))
      made.working = made.working - 1
      made.done[#made.done + 1] = lease.zone
      assert(lease.zone ~= "bad.")
    end)
    return made
  end

  it("works at eight zones of a source at a time, in the order in which they came", function()
    local made, source = new(function() return 1 end), {}
    for i = 1, 20 do
      assert.equal(100 + i, made.crew:mark(source, i .. ".", "start"))
    end
    made.tasks:run(0.5)
    assert.equal(8, made.working)
    made.tasks:run(10)
    assert.same({ 8, "1.", "8.", "20." }, { made.most, made.done[1], made.done[8], made.done[20] })
  end)

  it("lets no source that hangs delay another", function()
    local made, dead, well = new(function(zone) return zone:find "^dead" and 1e6 or 0.1 end), {}, {}
    for i = 1, 100 do
      made.crew:mark(dead, "dead" .. i .. ".", "start")
    end
    made.crew:mark(well, "well.", "start")
    made.tasks:run(1)
    assert.same({ "well." }, made.done)
  end)

  it("gives each source its turn when they are many", function()
    local made = new(function() return 1 end)
    local busy = {}
    for i = 1, 3000 do
      made.crew:mark(busy, "busy" .. i .. ".", "start")
    end
    local sources = {}
    for i = 1, 600 do
      sources[i] = {}
      made.crew:mark(sources[i], "z" .. i .. ".", "start")
    end
    made.tasks:run(5)
    local others = 0
    for _, zone in ipairs(made.done) do
      others = others + (zone:find "^z" and 1 or 0)
    end
    assert.same({ 256, 600 }, { made.most, others })
  end)

  it("goes on after work that failed", function()
    local made, source = new(function() return 0.1 end), {}
    made.crew:mark(source, "bad.", "start")
    made.tasks:run(1)
    made.crew:mark(source, "good.", "start")
    made.tasks:run(1)
    assert.same({ "bad.", { "bad.", "good." } }, { made.failed, made.done })
  end)
end)

describe("a dead source", function()
  it("delays no zone of another", function()
    local zones = {}
    for i = 1, 30 do
      zones[i] = ("z%d.example"):format(i)
    end
    local world = simulation.new { zones = zones }
    local dead = { whole = true, replicated = false, pull = function()
      world.clock.sleep(1e6)
    end, watch = function() end }
    for i = 1, 29 do
      world.policy.zones[i].source = dead
    end
    world:edit(simulation.zone_text(1, "www A 192.0.2.1"), "z30.example.")
    world:start()
    world:run(5)
    assert.equal("ok", world:status("z30.example.").state)
  end)
end)

describe("zones that are looked at again without an event", function()
  it("are so in each period, and not all at once", function()
    local zones, at = {}, {}
    for i = 1, 50 do
      zones[i] = ("z%d.example"):format(i)
    end
    local world = simulation.new { zones = zones, random = chance.new(1), policy = 'refresh = "5m",' }
    local pull = world.source.pull
    for _, name in ipairs(zones) do
      world.source.text[name .. "."] = simulation.zone_text(1, "www A 192.0.2.1")
      at[name .. "."] = {}
    end
    function world.source:pull(name)
      table.insert(at[name], world.clock.monotonic())
      return pull(self, name)
    end
    world:start()
    world:run(3600)
    local first, last = math.huge, 0
    for _, times in pairs(at) do
      for i = 2, #times do
        assert.is_true(times[i] - times[i - 1] >= 270 and times[i] - times[i - 1] <= 331)
      end
      first, last = math.min(first, times[4]), math.max(last, times[4])
    end
    assert.is_true(last - first > 60)
  end)
end)

describe("looks at what is served", function()
  local function zones_of(looked)
    local function zone(name, lease)
      local publication = { zone = name, serial = 1 }
      local delivery = { zone = { name = name, publication = publication, lease = lease }, served = 1, attempts = 0 }
      function delivery.publication()
        return publication
      end
      delivery.target = { name = "ns", inspect = function()
        looked[#looked + 1] = name
        return { verdict = "same", differences = {}, count = 0 }
      end }
      return {
        name = name, lease = lease, publication = publication, released = publication, deliveries = { delivery },
      }
    end
    return { ["a."] = zone("a.", {}), ["b."] = zone("b.", nil) }
  end

  it("leave out the zones that another process has", function()
    local looked, outside, tasks = {}, {}, time.new()
    local zones = zones_of(looked)
    local host = {
      policy = { verify = 60, online = 60 }, clock = tasks:clock(0), log = { info = function() end },
      random = function() return 0.5 end,
      spawn = function(_, fn)
        tasks:spawn("audit", fn)
      end,
      look_outside = function(zone)
        outside[#outside + 1] = zone
        return {}
      end,
    }
    tasks:spawn("audit", function()
      audit.run({ "a.", "b." }, zones, host)
    end)
    tasks:spawn("online", function()
      online.run({ "a.", "b." }, zones, host)
    end)
    tasks:run(70)
    assert.same({ { "a." }, { "a." } }, { looked, outside })
  end)

  it("tell of name servers that are no targets, once for each change", function()
    local tasks, lines, asked = time.new(), {}, {}
    local zones = zones_of {}
    zones["a."].deliveries[1].target.serve = { text = "192.0.2.1:53" }
    local verdict, failing = "differs", false
    local function line(_, format, ...)
      lines[#lines + 1] = format:format(...)
    end
    tasks:spawn("audit", function()
      audit.run({ "a.", "b." }, zones, {
        policy = { verify = 60 }, clock = tasks:clock(0), log = { info = line, error = line, warning = line },
        random = function() return 0.5 end,
        spawn = function(_, fn) tasks:spawn("audit", fn) end,
        look_at_name_servers = function(zone, known)
          asked[#asked + 1] = ("%s %s"):format(zone, known["192.0.2.1:53"])
          assert(not failing, "no network")
          return { { name = "ns.", server = "192.0.2.2:53", verdict = verdict, differences = { "www. A" }, count = 1 } }
        end,
      })
    end)
    tasks:run(130)
    assert.same({ "a. true", "a. true" }, asked)
    assert.same({ "a. name server ns.: differs: www. A" }, lines)
    local first = zones["a."].name_servers[1]
    assert.same({ "differs", 60, 120 }, { first.verdict, first.since, first.at })
    failing = true
    tasks:run(60)
    assert.equal(first, zones["a."].name_servers[1])
    assert.matches("^a%. its name servers can't be looked at: .*no network", lines[2])
    failing, verdict = false, "same"
    tasks:run(60)
    assert.equal("a. name server ns.: same", lines[3])
    assert.is_nil(zones["b."].name_servers)
  end)
end)
