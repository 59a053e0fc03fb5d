--- error: the fields of an error.
return {
  name = "error",
  title = "Error",
  class = "understudy.Error",
  text = [[What comes after nil when the world is at fault: a file, a peer, someone's data. It prints as a
sentence, after its place. Wrong calls are no such errors: they are thrown.]],
  entries = {
    {
      name = "err.code",
      type = "string",
      text = [[What kind: "syntax", "io", "limit", "range", "refused", "absent", "exists", "memory", "network",
"timeout", "busy", "policy" …]],
      example = [[
> missing, err = understudy.parse { file = "/nowhere" }
> err.code, err
io	/nowhere: No such file or directory
]],
    },
    { name = "err.message", type = "string", text = "A sentence for a person." },
    { name = "err.file", type = "string?", text = "The file that it is about." },
    { name = "err.line", type = "integer?", text = "The line in it." },
    { name = "err.column", type = "integer?", text = "The column in it." },
    { name = "err.temporary", type = "boolean?", text = "Whether trying again later can help." },
    { name = "err.retry_after", type = "number?", text = "Seconds that the peer asked us to wait." },
    { name = "err.rate", type = "table?",
      text = "What a peer that limits the rate said: `remaining` requests, all again after `reset` seconds." },
    { name = "err.cause", type = "any", text = "What led to it." },
    { name = "err.report", type = "Report?", text = "All findings, if it is about a zone." },
  },
}
