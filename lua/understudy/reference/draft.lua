--- draft: what can be done to a zone in the function that zone:edit calls.
return {
  name = "draft",
  title = "Draft",
  class = "understudy.Draft",
  text = [[A zone in the making, for the function that is given to `zone:edit`. Every method returns the
draft, so that calls can be chained. The first fault makes the whole edit fail.]],
  entries = {
    {
      name = "draft:add",
      parameters = { { "record, …", "table | string | RRset", "as for zone:with" } },
      returns = { { "Draft", "" } },
      errors = { { "syntax", "a record cannot be read" }, { "absent", "no TTL is known" } },
      text = "Adds records.",
      example = [[
> zone:edit(function(draft) draft:add("a 60 A 192.0.2.1", "b 60 A 192.0.2.2") end)
example.com.  serial 2026112301  23 records in 14 names
]],
    },
    {
      name = "draft:remove",
      parameters = {
        { "owner", "string", "as for zone:lookup" },
        { "type?", "string", "else all types at that name" },
        { "data, …?", "string", "else all records of that type" },
      },
      returns = { { "Draft", "" } },
      errors = { { "syntax", "the owner, type or data cannot be read" } },
      text = "Removes a name, an RRset, or single records of it.",
      example = [[
> zone:edit(function(draft) draft:remove("www", "CNAME") end):lookup("www", "CNAME")
nil
]],
    },
    {
      name = "draft:set",
      parameters = { { "record", "table", "with the data of all records of its RRset" } },
      returns = { { "Draft", "" } },
      errors = { { "syntax", "the record cannot be read" } },
      text = "Puts records in the place of the whole RRset.",
      example = [[
> edited = zone:edit(function(draft) draft:set { owner = "mail", type = "A", "192.0.2.7" } end)
> edited:lookup("mail", "A")
mail.example.com.	3600	IN	A	192.0.2.7
]],
    },
  },
}
