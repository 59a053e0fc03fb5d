--- answer: the fields of an answer that is remembered.
return {
  name = "answer",
  title = "Answer",
  class = "understudy.Answer",
  text = "What is known about an ALIAS or POOL target: a table. Times are seconds since the epoch, 0 for never.",
  entries = {
    { name = "answer.target", type = "string", text = "The host name." },
    { name = "answer.type", type = "string", text = [["A" or "AAAA".]] },
    {
      name = "answer.state",
      type = "string",
      text = [["unresolved": never looked up with success, or too long ago; "fresh"; "stale": lookups fail, the
last good addresses are kept; "dangling": the name has no addresses any more.]],
    },
    { name = "answer.last", type = "string", text = "The outcome of the last lookup, as in a lookup." },
    { name = "answer.failure", type = "string?", text = "Why that failed, in a word, as in a lookup." },
    { name = "answer.ttl", type = "integer", text = "Seconds: the highest seen with these addresses." },
    { name = "answer.ttl_seen", type = "number", text = "When a TTL of half of that or more was last seen." },
    { name = "answer.low_ttls", type = "integer", text = "Lookups since then. Enough of them lower the TTL." },
    { name = "answer.addresses", type = "string[]", text = "What is published, in order." },
    { name = "answer.chain", type = "string[]", text = "The CNAMEs that led to them." },
    { name = "answer.last_success", type = "number", text = "When a lookup last gave addresses." },
    { name = "answer.last_lookup", type = "number", text = "When it was last looked up." },
    { name = "answer.next_refresh", type = "number", text = "When it is to be looked up again." },
    { name = "answer.first_empty", type = "number", text = "Since when the name has no addresses." },
    { name = "answer.failures", type = "integer", text = "How many lookups failed one after the other." },
    { name = "answer.empties", type = "integer", text = "How many lookups found no addresses one after the other." },
    { name = "answer.error", type = "string?", text = "Why the last lookup gave no addresses, for a person." },
  },
}
