--- answers: what a memory of answers can do.
return {
  name = "answers",
  title = "Answers",
  class = "understudy.Answers",
  text = [[A memory of what ALIAS and POOL targets resolve to; made by `understudy.answers`. It decides what
is published when lookups fail. `#answers` counts them. Times are seconds since the epoch.]],
  entries = {
    {
      name = "answers:learn",
      parameters = {
        { "lookup", "Lookup", "from a resolver" },
        { "now", "number", "when it was made" },
      },
      returns = { { "boolean", "whether what is published changes" }, { "Answer?", "" } },
      errors = { { "memory", "there was too little" } },
      text = "Takes in a lookup.",
      example = [[
> answers = understudy.answers()
> lookup = { target = "host.example.", type = "A", outcome = "addresses", ttl = 60, addresses = { "192.0.2.1" } }
> answers:learn(lookup, os.time()), answers:get("host.example.", "A").state
true	fresh
]],
    },
    {
      name = "answers:digest",
      parameters = {
        { "lookup", "Lookup", "from a resolver" },
        { "now", "number", "when it was made" },
      },
      returns = { { "boolean", "whether what is published would change" }, { "Answer", "" } },
      errors = { { "memory", "there was too little" } },
      text = [[What `learn` would remember. Nothing is remembered, so the answer can be written down first and
then be restored.]],
      example = [[
> answers = understudy.answers()
> lookup = { target = "host.example.", type = "A", outcome = "nodata" }
> answers:digest(lookup, os.time()), #answers
true	0
]],
    },
    {
      name = "answers:next_due",
      parameters = {},
      returns = { { "number?", "nil: never" } },
      text = "When the first answer falls due to be looked up again.",
      example = [[
> understudy.answers():next_due()
nil
]],
    },
    {
      name = "answers:take_due",
      parameters = { { "now", "number", "the time" }, { "limit", "integer", "how many at most" } },
      returns = { { "table[]", [[{ "host.example.", "A" } …, as for resolver:lookup_all]] } },
      text = [[Takes what is due, the longest overdue first. What nothing is learned of falls due again after the
longest pause between lookups that fail.]],
      example = [[
> #understudy.answers():take_due(os.time(), 100)
0
]],
    },
    {
      name = "answers:get",
      parameters = { { "target", "string", "a host name" }, { "type", "string", [["A" or "AAAA"]] } },
      returns = { { "Answer?", "nil if nothing is known" } },
      text = "What is known about a target.",
      example = [[
> understudy.answers():get("host.example.", "A")
nil
]],
    },
    {
      name = "answers:each",
      parameters = {},
      returns = { { "function", "for a `for` loop; gives Answer after Answer" } },
      text = "Goes through all that is known. Nothing may be learned or forgotten meanwhile.",
      example = [[
> for answer in understudy.answers():each() do print(answer.target) end
]],
    },
    {
      name = "answers:restore",
      parameters = { { "answer", "Answer", "from an earlier memory" } },
      returns = { { "boolean", "true" } },
      errors = { { "memory", "there was too little" } },
      text = "Puts back an answer as it was, after a restart.",
      example = [[
> answers = understudy.answers()
> answers:restore { target = "host.example.", type = "A", state = "fresh", ttl = 60, addresses = { "192.0.2.1" } }
true
> #answers
1
]],
    },
    {
      name = "answers:forget",
      parameters = { { "target", "string", "a host name" }, { "type", "string", [["A" or "AAAA"]] } },
      returns = { { "boolean", "whether anything was known" } },
      text = "Forgets a target, because no zone needs it any more.",
      example = [[
> understudy.answers():forget("host.example.", "A")
false
]],
    },
  },
}
