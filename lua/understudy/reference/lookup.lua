--- lookup: the fields of what a lookup came to.
return {
  name = "lookup",
  title = "Lookup",
  class = "understudy.Lookup",
  text = "What a lookup came to: a table.",
  entries = {
    { name = "lookup.target", type = "string", text = "The name that was looked up." },
    { name = "lookup.type", type = "string", text = [["A" or "AAAA".]] },
    {
      name = "lookup.outcome",
      type = "string",
      text = [["addresses"; "nodata": the name has none of this type; "nxdomain": there is no such name;
"failure": nobody could tell; "special": an address of it is private or else special, and not allowed.]],
    },
    {
      name = "lookup.failure",
      type = "string?",
      text = [[Why it is a "failure": "timeout", "network", "servfail", "bogus" (DNSSEC), "refused", "rcode"
(another one), "lame", "truncated", "malformed", "chain" (a loop of CNAMEs, or too many), "too_many" (addresses),
"disagree" (too few servers say that there are none).]],
    },
    { name = "lookup.ttl", type = "integer", text = "Seconds for which it holds." },
    { name = "lookup.addresses", type = "string[]", text = "The addresses." },
    { name = "lookup.chain", type = "string[]", text = "The CNAMEs that were followed." },
    { name = "lookup.error", type = "string?", text = "Why there are no addresses, for a person." },
  },
}
