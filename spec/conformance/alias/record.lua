--- record: what the record is, what is published in its place, and what is published as it stands.
local assert = require "luassert"

local HOST <const> = "www 300 A 198.51.99.1\nwww 300 A 198.51.99.2\nwww 300 AAAA 2001:db9::1"

-- "host.example.net." as \# writes it, and its length.
local function generic(name)
  local wire = (name:gsub("([^.]*)%.", function(label)
    return string.pack("s1", label)
  end)) .. "\0"
  return ("\\# %d %s"):format(#wire, (wire:gsub(".", function(octet)
    return ("%02x"):format(octet:byte())
  end)))
end

return function(statement)
  statement("A-1", "the target is a domain name, and the type is 65401", function(world)
    world:expect("www ALIAS host.example.net.", HOST)
    world:expect("WWW 3600 IN ALIAS HOST.Example.NET.", HOST)
    world:expect("www TYPE65401 " .. generic "host.example.net.", HOST)
    world:expect("www ALIAS a\na A 198.51.99.1", "www 3600 A 198.51.99.1\na 3600 A 198.51.99.1")
  end)

  statement("A-1", "what is no domain name cannot be read", function(world)
    for _, data in ipairs { "", "a b", "a..b", generic "host.example.net." .. "00" } do
      local result = world:run("www ALIAS " .. data)
      assert.equal(2, result.status, data)
      assert.equal("", result.out)
    end
  end)

  statement("A-2", "nothing of these types is published", function(world)
    local _, _, text = world:published([[
a ALIAS host.example.net.
p POOL host.example.net.
p POOL v4.example.net.
u URL https://example.org/]], { redirect = { "198.51.99.80" } })
    for _, word in ipairs { "ALIAS", "POOL", "URL", "TYPE65" } do
      assert.is_nil(text:find(word, 1, true), word)
    end
  end)

  statement("A-3", "other records are published as they stand", function(world)
    local _, _, text = world:published "www ALIAS host.example.net.\nx 77 TYPE65280 \\# 2 beef\ny 5 CAA 0 issue ca.net"
    local lines = "\n" .. text:gsub("[ \t]+", " ")
    for _, line in ipairs {
      "\nexample.com. 3600 IN SOA ns1.example.net. hostmaster.example.com. 7 14400 3600 1209600 300\n",
      "\nexample.com. 3600 IN NS ns1.example.net.\n",
      "\nexample.com. 3600 IN NS ns1.example.org.\n",
      "\nx.example.com. 77 IN TYPE65280 \\# 2 ",
      '\ny.example.com. 5 IN CAA 0 issue "ca.net"\n',
    } do
      assert.truthy(lines:find(line, 1, true), line .. "\nis not in\n" .. lines)
    end
  end)

  statement("A-4", "the order of records has no part in it", function(world)
    local one = "a ALIAS host.example.net.\nb ALIAS a\nb ALIAS v4.example.net.\nc MX 1 b\n"
    local other = "c MX 1 b\nb ALIAS v4.example.net.\nb ALIAS a\na ALIAS host.example.net.\n"
    local function published(body)
      return (select(3, world:published(body, { now = 1000 })))
    end
    assert.equal(published(one), published(other))
    assert.equal(published(one), published(one))
  end)

  statement("A-4", "nor has the order of addresses in an answer", function(world)
    local function published(...)
      world.faults:play { ["h.faults.net."] = { answer = { ... } } }
      return (select(3, world:published("a ALIAS h.faults.net.", { servers = { world.faults } })))
    end
    local x, y = "h.faults.net. 300 A 198.51.99.1", "h.faults.net. 300 A 198.51.99.2"
    assert.equal(published(x, y), published(y, x))
  end)

  statement("A-68", "the addresses are unsigned", function(world)
    world:expect("www ALIAS host.example.net.\nwww MX 1 a", HOST .. "\nwww 3600 MX 1 a.example.com.")
  end)

  statement("A-69", "a zone that is signed already is refused", function(world)
    local signatures = {
      "www RRSIG A 8 3 3600 20300101000000 20200101000000 1 example.com. AAAA",
      "www NSEC a A RRSIG",
      "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
      "@ NSEC3PARAM 1 0 0 -",
    }
    for _, record in ipairs(signatures) do
      world:refused("www ALIAS host.example.net.\n" .. record, "")
    end
  end)

  statement("A-70", "the companion of an ALIAS is not published", function(world)
    for _, text in ipairs {
      '"ALIAS for host.example.net"', '"ALIAS for host.example.net."', '"ALIAS for Host.Example.NET"',
      "ALIAS for host.example.net",
    } do
      world:expect("www ALIAS host.example.net.\nwww TXT " .. text, HOST)
    end
  end)

  statement("A-71", "every other text is", function(world)
    for _, text in ipairs { '"ALIAS for v4.example.net"', '"ALIAS for host.example.net now"', '"ALIAS for "' } do
      world:expect("www ALIAS host.example.net.\nwww TXT " .. text, HOST .. "\nwww 3600 TXT " .. text)
    end
    world:expect('www ALIAS host.example.net.\nx TXT "ALIAS for host.example.net"',
      HOST .. '\nx 3600 TXT "ALIAS for host.example.net"')
  end)

  statement("A-72", "it can be kept", function(world)
    world:expect('www ALIAS host.example.net.\nwww TXT "ALIAS for host.example.net"',
      HOST .. '\nwww 3600 TXT "ALIAS for host.example.net"', { alias = { companion = "keep" } })
  end)
end
