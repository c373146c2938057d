#!/usr/bin/env node
// `writ run` stands before every start of an agent, and loads nothing that it does not need.
const isRun = process.argv[2] === 'run'
const { run } = isRun
  ? { run: (await import('../dist/run/alone.js')).runAlone }
  : await import('../dist/index.js')

process.exitCode = await run(process.argv)
