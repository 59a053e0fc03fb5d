--- job: what can be done with work in the background.
return {
  name = "job",
  title = "Job",
  class = "understudy.Job",
  text = [[Work on another thread; made by `understudy.parse` and `zone:check` with `background = true`. `pollfd`,
`events` and `timeout` are what cqueues.poll asks an object for.]],
  entries = {
    { name = "job.done", type = "boolean", text = "Whether it is done." },
    {
      name = "job:finish",
      parameters = {},
      returns = { { "any", "what the function that began it would have returned" } },
      text = "Waits for its end, if it is not done. Once only.",
      example = [[
> job = zone:check { background = true }
> job:finish().errors
0
]],
    },
    {
      name = "job:close",
      parameters = {},
      text = "Waits for its end and forgets what came of it. More often is no harm.",
    },
    {
      name = "job:pollfd",
      parameters = {},
      returns = { { "integer", "a file descriptor" } },
      text = "What is to be polled.",
    },
    {
      name = "job:events",
      parameters = {},
      returns = { { "string", [["r"]] } },
      text = "What it is to be polled for.",
    },
    {
      name = "job:timeout",
      parameters = {},
      returns = { { "nil", "" } },
      text = "There is nothing to do at a certain time.",
    },
  },
}
