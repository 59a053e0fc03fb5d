local key = require "understudy.policy.key"

local SECRET <const> = "q//8Hh0sPq1N2n3o4p5q6r7s8t9u0v1w2x3y4z5A6B8="

describe("a key file", function()
  it("is read in the form that tsig-keygen prints", function()
    local made = assert(key.parse(('key "ns-b" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n')
      :format(SECRET), "k"))
    assert.equal("ns-b.", made.name)
    assert.equal("hmac-sha256", made.algorithm)
  end)

  it("can have comments, no quotes and all on one line", function()
    assert(key.parse(("# ours\n/* a\nb */ key ns-b { algorithm HMAC-SHA512; secret %s; }; // end")
      :format(SECRET), "k"))
  end)

  for what, text in pairs {
    ["no key"] = "",
    ["two keys"] = ('key a { algorithm hmac-sha256; secret "%s"; };'):format(SECRET):rep(2),
    ["no algorithm"] = ('key a { secret "%s"; };'):format(SECRET),
    ["no secret"] = "key a { algorithm hmac-sha256; };",
    ["an unknown algorithm"] = ('key a { algorithm hmac-md6; secret "%s"; };'):format(SECRET),
    ["a secret that is no base64"] = 'key a { algorithm hmac-sha256; secret "!!!!"; };',
    ["an open quote"] = 'key a { algorithm hmac-sha256; secret "abc; };',
  } do
    it("is refused with " .. what .. ", and the secret is not told", function()
      local made, err = key.parse(text, "k.key")
      assert.is_nil(made)
      assert.truthy(err.message:find("k.key", 1, true))
      assert.falsy(err.message:find(SECRET, 1, true))
    end)
  end

  it("is refused when others can read it", function()
    local path = os.tmpname()
    finally(function()
      os.remove(path)
    end)
    local file <close> = assert(io.open(path, "w"))
    file:write(('key a { algorithm hmac-sha256; secret "%s"; };'):format(SECRET))
    file:close()
    assert(os.execute("chmod 640 " .. path))
    local made, err = key.read(path)
    assert.is_nil(made)
    assert.truthy(err.message:find("chmod 600", 1, true))
    assert(os.execute("chmod 600 " .. path))
    assert(key.read(path))
  end)
end)
