-- The status as metrics: each line by the grammar of the text format, and by promtool where that is installed.
local command = require "spec.support.command"
local daemons = require "spec.support.daemon"
local metrics = require "understudy.cli.metrics"
local nsd = require "spec.support.nsd"

local POLICY <const> = [[
return policy {
  listen = "127.0.0.1:%d", source = source.file "%%s.zone", zones = { "example.com", "broken.test" },
  targets = {
    target.secondary "nsd" { transfer = "127.0.0.1", notify = "%s" },
    target.secondary "dead" { transfer = "127.0.0.1", notify = "127.0.0.1:1" },
  },
  retry = backoff { first = "0.1s", max = "0.2s" },
}
]]

local ZONE <const> = "$TTL 60\n@ SOA ns1.example.net. h.example.net. 7 3600 600 86400 60\n@ NS ns1.example.net.\n"

local TYPES <const> = { gauge = true, counter = true }

-- Reads the text strictly: samples by their names with labels. Each metric has its help and type before its samples,
-- which stand together, and no sample comes twice.
local function read(text)
  assert.equal("\n", text:sub(-1))
  local samples, seen, current = {}, {}, nil
  for line in text:gmatch "(.-)\n" do
    local helped = line:match "^# HELP ([a-z_]+) .+$"
    local typed, kind = line:match "^# TYPE ([a-z_]+) (%l+)$"
    if helped then
      assert.is_nil(seen[helped], line)
      current, seen[helped] = helped, true
    elseif typed then
      assert.equal(current, typed)
      assert.is_true(TYPES[kind], line)
      assert.equal(kind == "counter", typed:find "_total$" ~= nil, line)
    else
      local name, labels, value = line:match "^([a-z_]+)(.-) (%-?%d+%.?%d*)$"
      assert.equal(current, name, line)
      local rest = labels:gsub('\\[\\"n]', ""):gsub('[a-z_]+="[^"\\]*"', "")
      assert.is_true(rest == "" or rest:find "^{,*}$" ~= nil, line)
      assert.is_nil(samples[name .. labels], line)
      samples[name .. labels] = tonumber(value)
    end
  end
  return samples
end

local function check_by_promtool(text)
  if os.execute "command -v promtool >/dev/null" then
    local result = command.shell(("printf %%s %s | promtool check metrics"):format(command.quoted(text)))
    assert.equal(0, result.status, result.out .. result.err)
    assert.equal("", result.out .. result.err)
  end
end

describe("metrics", function()
  it("tell of each zone and target, with whatever letters their names have", function()
    local text = metrics.text {
      running = true, since = 1700000000.25, policy = { error = { message = "no" } }, store = { state = "ok" },
      served = { connections = 2, transfers = 10, failed = 1, notifies = 3 },
      other_policies = {
        { zones = { differing = { count = 2 }, here = { count = 0 }, there = { count = 1 } } },
        { zones = { differing = { count = 0 }, here = { count = 1 }, there = { count = 0 } } },
      },
      zones = {
        { name = [[a\"b.example.]], state = "lagging", serial = 4294967295, records = 3, published_at = 1700000001.5,
          source = { at = 1700000000.0 },
          targets = {
            { name = "one", state = "ok", serial = 4294967295, attempts = 0,
              verdict = { verdict = "same", at = 1700000002.0 } },
            { name = "two", state = "lagging", serial = 7, attempts = 4, expires_at = 1700086400.0 },
          },
          name_servers = {
            { name = "ns.example.", server = "192.0.2.1:53", verdict = "differs", serial = 9, at = 1700000003.0 },
            { name = "gone.example.", verdict = "unreachable", at = 1700000003.0 },
          } },
        { name = "new.example.", state = "pending", source = {}, targets = { { name = "one", state = "pending",
          attempts = 0 } } },
      },
    }
    check_by_promtool(text)
    local found = read(text)
    local zone = [[zone="a\\\"b.example."]]
    for sample, value in pairs {
      understudy_up = 1, understudy_start_time_seconds = 1700000000.25, understudy_policy_ok = 0,
      understudy_store_ok = 1, understudy_policy_differing_zones = 3,
      understudy_connections = 2, ['understudy_transfers_total{result="sent"}'] = 10,
      ['understudy_transfers_total{result="failed"}'] = 1, understudy_notifies_received_total = 3,
      ['understudy_zones{state="lagging"}'] = 1, ['understudy_zones{state="pending"}'] = 1,
      ['understudy_zones{state="ok"}'] = 0, understudy_notifies_outstanding = 1,
      ["understudy_zone_ok{" .. zone .. "}"] = 0, ["understudy_zone_serial{" .. zone .. "}"] = 4294967295,
      ["understudy_zone_records{" .. zone .. "}"] = 3,
      ["understudy_target_ok{" .. zone .. ',target="one"}'] = 1,
      ["understudy_target_ok{" .. zone .. ',target="two"}'] = 0,
      ["understudy_target_attempts{" .. zone .. ',target="two"}'] = 4,
      ["understudy_target_verdict{" .. zone .. ',target="one",verdict="same"}'] = 1,
      ["understudy_target_verified_time_seconds{" .. zone .. ',target="one"}'] = 1700000002,
      ["understudy_target_expires_time_seconds{" .. zone .. ',target="two"}'] = 1700086400,
      ["understudy_name_server_serial{" .. zone .. ',name="ns.example.",server="192.0.2.1:53"}'] = 9,
      ["understudy_name_server_verdict{" .. zone .. ',name="ns.example.",server="192.0.2.1:53",verdict="differs"}'] = 1,
      ["understudy_name_server_verdict{" .. zone .. ',name="gone.example.",server="",verdict="unreachable"}'] = 1,
      ["understudy_name_server_verified_time_seconds{" .. zone .. ',name="gone.example.",server=""}'] = 1700000003,
    } do
      assert.equal(value, found[sample], sample)
    end
    assert.is_nil(found['understudy_zone_serial{zone="new.example."}'])
  end)

  it("come from the daemon, and from the store when none runs", function()
    local port = nsd.free_port()
    local server <close> = nsd.start {
      secondary = { "example.com." }, primary = ("127.0.0.1:%d"):format(port),
    }
    local folder, remove = command.folder {
      ["policy.lua"] = POLICY:format(port, server.server), ["example.com.zone"] = ZONE,
    }
    finally(remove)
    local function look()
      local result = command.run("status", "--metrics", "--policy", folder .. "/policy.lua")
      assert.same({ 0, "" }, { result.status, result.err })
      check_by_promtool(result.out)
      return read(result.out)
    end
    local labels = '{zone="example.com.",target="nsd"}'
    do
      local daemon <close> = daemons.start(folder)
      local found
      nsd.await("the secondary to serve the zone", function()
        found = look()
        return found["understudy_target_ok" .. labels] == 1
          and found['understudy_target_ok{zone="example.com.",target="dead"}'] == 0
      end)
      assert.same({ 1, 1, 7, 7, 0, 1 }, {
        found.understudy_up, found.understudy_policy_ok, found['understudy_zone_serial{zone="example.com."}'],
        found["understudy_target_serial" .. labels], found['understudy_zones{state="ok"}'],
        found['understudy_transfers_total{result="sent"}'],
      })
      assert.is_true(math.abs(found.understudy_start_time_seconds - os.time()) < 60)
      assert.equal(0, daemon:stop "TERM")
    end
    local found = look()
    assert.same({ 0, 7 }, { found.understudy_up, found['understudy_zone_serial{zone="example.com."}'] })
    assert.is_nil(found.understudy_start_time_seconds)
  end)
end)
