--- rrset: what an RRset can do.
return {
  name = "rrset",
  title = "RRset",
  class = "understudy.RRset",
  text = [[A view of the records of one type at one name. `#rrset` counts them, `rrset[i]` is the data of
one as text, `tostring(rrset)` are the records as in a zone file.]],
  entries = {
    {
      name = "rrset.owner",
      type = "string",
      text = "Its name, with the final dot.",
      example = [[
> zone:lookup("www", "CNAME").owner
www.example.com.
]],
    },
    { name = "rrset.type", type = "string", text = [["A", "MX", "TYPE65280".]] },
    { name = "rrset.ttl", type = "integer", text = "Seconds." },
    {
      name = "rrset:rdata",
      parameters = { { "i", "integer", "1 to #rrset" } },
      returns = { { "string", "octets in wire form, uncompressed" } },
      text = "The data of a record as a message carries it.",
      example = [[
> zone:lookup("ns1", "A"):rdata(1):byte(1, -1)
192	0	2	53
]],
    },
    {
      name = "rrset:place",
      parameters = { { "i", "integer", "1 to #rrset" } },
      returns = { { "string?", "the file" }, { "integer?", "the line" } },
      text = "Where a record was read; nil for what came from elsewhere.",
      example = [[
> zone:lookup("mail", "A"):place(1)
examples/example.com.zone	18
]],
    },
  },
}
