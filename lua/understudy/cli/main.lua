#!/usr/bin/env lua5.4
-- The command `understudy`.
os.exit(require("understudy.cli").main(arg), true)
