import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { NO_PACKAGE_KNOWLEDGE } from '@writ/actions'
import { openWorld } from './world.ts'

const world = openWorld(NO_PACKAGE_KNOWLEDGE, 'ask')
let folder = ''

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-world-')))
  mkdirSync(join(folder, 'a/b'), { recursive: true })
  writeFileSync(join(folder, 'a/b/file'), 'text')
  symlinkSync('a/b', join(folder, 'to-b'))
  symlinkSync('a/b/absent', join(folder, 'dangling'))
  symlinkSync('dangling', join(folder, 'twice'))
  symlinkSync('../absent', join(folder, 'a/b/up'))
  symlinkSync('loop', join(folder, 'loop'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('where a path leads', () => {
  it.each([
    ['a/b/file', 'a/b/file'],
    ['to-b/file', 'a/b/file'],
    ['to-b/new/file', 'a/b/new/file'],
    ['dangling', 'a/b/absent'],
    ['dangling/below', 'a/b/absent/below'],
    ['twice', 'a/b/absent'],
    ['to-b/up', 'a/absent'],
    ['nothing/at/all', 'nothing/at/all'],
  ])('is, of %s, %s', (path, real) => {
    expect(world.realPath(join(folder, path))).toBe(join(folder, real))
  })

  it('ends where links go round', () => {
    expect(world.realPath(join(folder, 'loop'))).toContain(folder)
  })
})

describe('a text', () => {
  it('is read of a file only', () => {
    expect(world.readText(join(folder, 'to-b/file'))).toBe('text')
    expect([
      world.readText(folder),
      world.readText(join(folder, 'dangling')),
      world.readText('/dev/zero'),
    ]).toEqual([null, null, null])
  })
})
