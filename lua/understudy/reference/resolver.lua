--- resolver: what a resolver can do.
return {
  name = "resolver",
  title = "Resolver",
  class = "understudy.net.Resolver",
  text = [[Looks up addresses; made by `understudy.resolver`. Lookups of the same name that are under way
are shared.]],
  entries = {
    {
      name = "resolver:lookup",
      parameters = { { "target", "string", "a host name" }, { "type", "string", [["A" or "AAAA"]] } },
      returns = { { "Lookup", [[its outcome is "failure" whatever went wrong]] } },
      text = "Looks up one family of addresses, through CNAMEs, and waits for it.",
      example = [[
> resolver = understudy.resolver { servers = { "127.0.0.1:9" }, timeout = 0.1, tries = 1 }
> resolver:lookup("www.example.com.", "A").outcome
failure
]],
    },
    {
      name = "resolver:lookup_all",
      parameters = { { "questions", "table[]", [[{ target=, type= } or { "host.example.", "A" }]] } },
      returns = { { "Lookup[]", "in the same order" } },
      text = "Looks up many at the same time, and waits for all.",
      example = [[
> resolver = understudy.resolver { servers = { "127.0.0.1:9" }, timeout = 0.1, tries = 1 }
> #resolver:lookup_all { { "www.example.com.", "A" }, { "www.example.com.", "AAAA" } }
2
]],
    },
    {
      name = "resolver:drain",
      parameters = {},
      returns = {},
      text = "Closes when the lookups under way have ended; none is to be begun any more. Needs an event loop.",
    },
    {
      name = "resolver:close",
      parameters = {},
      text = "Ends the lookups that are under way as failures. More often is no harm.",
      example = [[
> resolver = understudy.resolver { servers = { "127.0.0.1" } }
> resolver:close()
]],
    },
  },
}
