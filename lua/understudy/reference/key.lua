--- key: what can be asked of a TSIG key.
return {
  name = "key",
  title = "Key",
  class = "understudy.Key",
  text = "A TSIG key (RFC 8945); made by `understudy.key`. Nothing shows its secret.",
  entries = {
    {
      name = "key.name",
      type = "string",
      text = "Its name, with the final dot.",
      example = [[
> understudy.key { name = "ns-b", secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" }.name
ns-b.
]],
    },
    { name = "key.algorithm", type = "string", text = [["hmac-sha256".]] },
  },
}
