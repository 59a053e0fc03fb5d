--- response: the fields of an answer to a request of ours.
return {
  name = "response",
  title = "Response",
  text = "What an answer to a SOA query or NOTIFY says: a table. What comes from the SOA is missing without one.",
  entries = {
    { name = "response.rcode", type = "string", text = [["NOERROR", "REFUSED" …]] },
    { name = "response.authoritative", type = "boolean", text = "Whether the server is responsible for the zone." },
    { name = "response.truncated", type = "boolean", text = "Whether it must be asked again by TCP." },
    { name = "response.serial", type = "integer?", text = "The serial that the server has." },
    { name = "response.refresh", type = "integer?", text = "Seconds, from the SOA." },
    { name = "response.retry", type = "integer?", text = "Seconds, from the SOA." },
    { name = "response.expire", type = "integer?", text = "Seconds, from the SOA." },
    { name = "response.ttl", type = "integer?", text = "The TTL of the SOA." },
    { name = "response.mname", type = "string?", text = "The primary, from the SOA." },
    {
      name = "response.tsig_error",
      type = "string?",
      text = [["BADKEY", "BADTIME" …: what the server has against our signature.]],
    },
  },
}
