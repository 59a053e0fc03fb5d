--- watch: what tells of files.
return {
  name = "watch",
  title = "Watch",
  class = "understudy.Watch",
  text = [[Tells of files in folders that were replaced, written or taken away (inotify(7)); made by `core.watch`.
`pollfd`, `events` and `timeout` are what cqueues.poll asks an object for.]],
  entries = {
    {
      name = "watch:add",
      parameters = { { "folder", "string", "its path" } },
      returns = { { "integer", "its number, the same when it is watched already" } },
      errors = { { "io", "the system can't watch it" } },
      text = "Watches one folder more, but none below it.",
    },
    {
      name = "watch:next",
      parameters = {},
      returns = {
        { "string?", [["replaced", "written" or "removed"; "gone" for a folder that is watched no more; "lost" when not
all could be kept; nil when there is no more at the moment]] },
        { "integer?", "the number of the folder" },
        { "string?", "the name of the file" },
      },
      text = "Takes what happened next.",
      example = [[
> require "understudy.core".watch():next()
]],
    },
    {
      name = "watch:close",
      parameters = {},
      text = "Ends it. More often is no harm.",
    },
    {
      name = "watch:pollfd",
      parameters = {},
      returns = { { "integer", "a file descriptor" } },
      text = "What is to be polled.",
    },
    {
      name = "watch:events",
      parameters = {},
      returns = { { "string", [["r"]] } },
      text = "What it is to be polled for.",
    },
    {
      name = "watch:timeout",
      parameters = {},
      returns = { { "nil", "" } },
      text = "There is nothing to do at a certain time.",
    },
  },
}
