--- core_resolver: what the resolver of the C module can do.
return {
  name = "core_resolver",
  title = "CoreResolver",
  class = "understudy.Resolver",
  text = [[Lookups that never block, for a loop of one's own; made by `core.resolver`. `pollfd`, `events`
and `timeout` are what cqueues.poll asks an object for.]],
  entries = {
    {
      name = "core_resolver:ask",
      parameters = { { "target", "string", "a host name" }, { "type", "string", [["A" or "AAAA"]] } },
      returns = { { "boolean", "true" }, { "string", "the target as the lookup will name it" } },
      errors = { { "limit", "too many wait" } },
      text = "Begins a lookup.",
      example = [[
> core_resolver = require "understudy.core".resolver { servers = { "127.0.0.1:9" }, timeout = 0.1, tries = 1 }
> core_resolver:ask("WWW.example.com", "A")
true	www.example.com.
> core_resolver:wait(5), core_resolver:take().outcome
true	failure
]],
    },
    {
      name = "core_resolver:pollfd",
      parameters = {},
      returns = { { "integer", "a file descriptor" } },
      text = "What is to be polled.",
    },
    {
      name = "core_resolver:events",
      parameters = {},
      returns = { { "string", [["r"]] } },
      text = "What it is to be polled for.",
    },
    {
      name = "core_resolver:timeout",
      parameters = {},
      returns = { { "number?", "seconds" } },
      text = "When `process` must be called at the latest; nil: never.",
    },
    {
      name = "core_resolver:process",
      parameters = {},
      returns = { { "boolean", "true" } },
      errors = { { "io", "the resolver cannot go on" } },
      text = "Does what is to be done, without waiting.",
    },
    {
      name = "core_resolver:wait",
      parameters = { { "seconds", "number", "at most" } },
      returns = { { "boolean", "true" } },
      errors = { { "io", "the resolver cannot go on" } },
      text = "Waits until a lookup is finished, the time has passed, or a signal came.",
    },
    {
      name = "core_resolver:take",
      parameters = {},
      returns = { { "Lookup?", "" } },
      text = "A lookup that is finished; nil if there is none.",
    },
    {
      name = "core_resolver:close",
      parameters = {},
      text = "Drops the lookups that are under way. More often is no harm.",
    },
    { name = "core_resolver.pending", type = "integer", text = "How many lookups are not finished." },
  },
}
