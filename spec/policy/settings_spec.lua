-- The text of a zone's settings: the same however a policy is written, another with each thing that decides something,
-- and without secrets.
local command = require "spec.support.command"
local policy = require "understudy.policy"
local policy_settings = require "understudy.policy.settings"

local SECRET <const> = "c2VjcmV0IHRoYXQgbXVzdCBub3QgYmUgdG9sZCBvZiE="
local TOKEN <const>, PASSWORD <const> = "tok-31337-untold", "pa55-untold"

local BASE <const> = [[
local nsd = target.secondary "nsd" {
  transfer = { "192.0.2.1", "192.0.2.2" }, notify = { "192.0.2.1", "192.0.2.2" }, key = key "b.key",
}
local knot = target.secondary "knot: x = y" { transfer = "192.0.2.3", notify = "192.0.2.3:5300" }
return policy {
  listen = "192.0.2.9:53", state = "here", resolver = "127.0.0.1", store = postgresql "host=x password=pa55-untold",
  source = source.module {
    module = "acme.settings", options = { url = "https://u:pa55-untold@x/", api = "tok-31337-untold" } },
  targets = { nsd, knot },
  zones = {
    "a.example", "b.example",
    zone "own.example" { source = source.file { path = "x.zone", include = true }, group = "g", zonemd = true },
  },
  guard = { max_removed = "20%", protect = { "@ MX", "www" } },
  checks = {
    adjust { rule = "mx.cname", severity = "off", reason = "one" },
    adjust { rule = "mx.cname", severity = "error", owner = "www", reason = "two" },
    adjust { rule = "ttl.zero", severity = "off", reason = "three" },
    rule "acme.mail" { text = "has MX", check = function() end },
  },
  retry = backoff { first = "2s" }, keep = { publications = 7 }, soak = "1m", refresh = "2m",
  alias = { confirm = 4 }, redirect = { "192.0.2.7", "192.0.2.8" },
}
]]

-- The same in another order, as another daemon could have it; its function stands in the same line.
local REORDERED <const> = ([[
local knot = target.secondary "knot: x = y" { notify = "192.0.2.3:5300", transfer = "192.0.2.3" }
local nsd = target.secondary "nsd" {
  key = key "b.key", notify = { "192.0.2.2", "192.0.2.1:53" }, transfer = { "192.0.2.2", "192.0.2.1" },
}
return policy {
  redirect = { "192.0.2.8", "192.0.2.7" }, alias = { confirm = 4.0 },
  refresh = 120, soak = "60s", keep = { publications = 7 }, retry = backoff { first = 2 },
  checks = { adjust { rule = "ttl.zero", severity = "off", reason = "3" }, adjust { rule = "mx.cname", severity = "off",
    reason = "1" }, adjust { rule = "mx.cname", owner = "www", severity = "error", reason = "two" },
@@rule "acme.mail" { text = "has a mail server", check = function() end },
  },
  guard = { protect = { "www", "@ MX" }, max_removed = 0.2 },
  zones = { zone "own.example" { zonemd = true, group = "g", source = source.file { include = true, path = "x.zone" } },
    "b.example", "a.example" },
  targets = { knot, nsd },
  source = source.module { options = { api = "other", url = "other" }, module = "acme.settings" },
  state = "there", listen = "127.0.0.1:53", resolver = "192.0.2.53", store = postgresql "host=y password=z",
}
]]):gsub("@@", ("\n"):rep(9))

describe("the settings of a zone as a text", function()
  local folder, elsewhere, remove, remove_elsewhere

  setup(function()
    package.preload["acme.settings"] = function()
      return { records = function() end }
    end
    local text = ("key \"b\" { algorithm hmac-sha256; secret \"%s\"; };"):format(SECRET)
    folder, remove = command.folder { ["b.key"] = text }
    elsewhere, remove_elsewhere = command.folder { ["b.key"] = text }
    assert(os.execute(("chmod 600 %s/b.key %s/b.key"):format(folder, elsewhere)))
  end)

  teardown(function()
    package.preload["acme.settings"], package.loaded["acme.settings"] = nil, nil
    remove()
    remove_elsewhere()
  end)

  local function parse(text, place)
    return assert(policy.parse(text, (place or folder) .. "/policy.lua"))
  end

  -- By zone: the texts and hashes of a policy.
  local function texts_of(text, place)
    local made = parse(text, place)
    local settings, texts, hashes = policy_settings.new(made), {}, {}
    for _, zone in ipairs(made.zones) do
      texts[zone.name], hashes[zone.name] = settings:text(zone), settings:hash(zone)
    end
    return texts, hashes, settings
  end

  it("are the same in another order, and wherever a daemon stands", function()
    local texts, hashes = texts_of(BASE)
    local others, same = texts_of(REORDERED, elsewhere)
    assert.same(texts, others)
    assert.same(hashes, same)
    assert.equal(texts["a.example."], texts["b.example."])
    assert.are_not.equal(hashes["a.example."], hashes["own.example."])
    assert.matches("^%x+$", hashes["a.example."])
  end)

  it("has no secret in it", function()
    for _, text in pairs((texts_of(BASE))) do
      for _, secret in ipairs { SECRET, TOKEN, PASSWORD } do
        assert.is_nil(text:find(secret, 1, true), text)
      end
      assert.truthy(text:find("target nsd: key = b, hmac-sha256, secret set\n", 1, true), text)
    end
    assert.truthy(texts_of(BASE)["a.example."]:find("source: options.api = set\n", 1, true))
  end)

  it("does not show what is named as a secret, whatever option that is", function()
    local made = parse(BASE)
    made.api_token, made.alias.Password, made.guard.secrets = TOKEN, PASSWORD, { SECRET }
    made.alias.ca_file = "/etc/here.pem"
    local text = policy_settings.new(made):text(made.zones[1])
    for _, secret in ipairs { SECRET, TOKEN, PASSWORD } do
      assert.is_nil(text:find(secret, 1, true), text)
    end
    assert.truthy(text:find("\napi_token = set\n", 1, true), text)
    assert.truthy(text:find("\nalias: ca_file = set\n", 1, true), text)
  end)

  for change, said in pairs {
    [{ '"20%%"', '"30%%"' }] = "guard: max_removed: 0.2 / 0.3",
    [{ ', "www" } }', " } }" }] = "guard: protect: @ MX | www / @ MX",
    [{ "targets = { nsd, knot }", "targets = { nsd }" }] = "target knot\\x3a x \\x3d y: secondary / nil",
    [{ '"192.0.2.3:5300"', '"192.0.2.3"' }] = "target knot\\x3a x \\x3d y: notify: 192.0.2.3:5300 / 192.0.2.3:53",
    [{ ', key = key "b.key"', "" }] = "target nsd: key: b, hmac-sha256, secret set / nil",
    [{ "publications = 7", "publications = 8" }] = "keep: publications: 7 / 8",
    [{ 'soak = "1m"', 'soak = "2m"' }] = "soak: 60 / 120",
    [{ 'refresh = "2m"', 'refresh = "3m"' }] = "refresh: 120 / 180",
    [{ "confirm = 4", "confirm = 5" }] = "alias: confirm: 4 / 5",
    [{ 'backoff { first = "2s" }', "function() return 1 end" }] = "retry: nil / function at policy.lua:21",
    [{ 'severity = "error"', 'severity = "info"' }] =
      "checks: mx.cname: off, then error owner www / off, then info owner www",
    [{ '"has MX", check', '"has MX", severity = "error", check' }] =
      "checks: rule acme.mail: warning, function at policy.lua:19 / error, function at policy.lua:19",
    [{ "source  ?= source.module {.-} }", 'source = source.transfer { from = "192.0.2.1" }' }] =
      "source: module / transfer",
    [{ '"192.0.2.7", ', "" }] = "redirect: 192.0.2.7 | 192.0.2.8 / 192.0.2.8",
  } do
    it("is another with " .. change[2], function()
      local changed, count = BASE:gsub(change[1], (change[2]:gsub("%%%%", "%%%%%%%%")), 1)
      assert.equal(1, count)
      changed = changed:gsub("%%%%", "%%")
      local before, first = texts_of(BASE)
      local after, second = texts_of(changed)
      local zone = "a.example."
      assert.are_not.equal(first[zone], second[zone])
      local found = {}
      for _, difference in ipairs(policy_settings.differences(before[zone], after[zone])) do
        found[#found + 1] = ("%s: %s / %s"):format(difference.what, difference.here, difference.there)
      end
      assert.truthy(("\n" .. table.concat(found, "\n") .. "\n"):find("\n" .. said .. "\n", 1, true),
        table.concat(found, "\n"))
    end)
  end

  it("tells of all zones whether they can have changed", function()
    local _, _, one = texts_of(BASE)
    local _, _, moved = texts_of((BASE:gsub("zonemd = true", "zonemd = false")))
    local _, _, other = texts_of((BASE:gsub('soak = "1m"', 'soak = "2m"')))
    assert.is_true(one:same_for_all(moved))
    assert.is_false(one:same_for_all(other))
  end)

  it("has what is said of the members of a catalog, and of the groups of those", function()
    local text = texts_of [[
      local b = target.secondary "b" { transfer = "::1", notify = "::1" }
      return policy { source = source.file "a", zones = { zone "c.example" { members = { targets = { b },
        groups = { inner = { zonemd = true } } } } } }]]["c.example."]
    for _, line in ipairs { "members source: path = a", "members target b = secondary",
      "members of group inner zonemd = true", "members zonemd = false" } do
      assert.truthy(text:find("\n" .. line .. "\n", 1, true), text)
    end
  end)
end)
