import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const INDEX = fileURLToPath(new URL('index.ts', import.meta.url))
/** Imports and exports that are followed before anything runs; types and `import()` are not. */
const STATIC = /^(?:import|export)\s+(?!type\b)(?:[^'()]*?from\s+)?'([^']+)'/gm

/** Every module outside this app that a start of `writ` loads before it knows what is asked. */
function loadedAtStart(file = INDEX, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(STATIC)) {
    const path = join(dirname(file), name)
    if (!name.startsWith('.')) seen.add(name)
    else if (existsSync(path)) loadedAtStart(path, seen)
  }
  return seen
}

describe('a start of writ', () => {
  it('loads no engine, no keys and no disk of records before it knows the command', () => {
    const rooms = [...loadedAtStart()].filter((name) => name.startsWith('@writ/'))
    expect(rooms).toContain('@writ/runtime')
    expect(rooms.filter((name) => !LIGHT.includes(name))).toEqual([])
  })

  it('does find what the commands load: the walk is not blind', () => {
    const daemon = fileURLToPath(new URL('commands/start-daemon.ts', import.meta.url))
    expect([...loadedAtStart(daemon)]).toEqual(expect.arrayContaining(['@writ/point', '@writ/enforcement']))
  })
})

/** Words, settings and logs, and the names of the sandbox's profiles for the help of `writ run`. */
const LIGHT = ['@writ/contracts', '@writ/runtime', '@writ/sandbox']
