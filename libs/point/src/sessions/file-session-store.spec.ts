import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { formatId } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import type { SessionKey } from '@writ/enforcement'
import { sessionStoreSuite } from '@writ/enforcement/suites'
import { openFileSessionStore } from './file-session-store.ts'

const DAY_MS = 24 * 3_600_000
const folders: string[] = []
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'writ-sessions-'))
  folders.push(folder)
  return join(folder, 'sessions')
}
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

const newKey = (): SessionKey => ({
  tenant: formatId('ten', 1, randomBytes(10)),
  session: formatId('ses', 1, randomBytes(10)),
})
const stateAt = (version: number): SessionState => ({
  format: 'writ.session.v1',
  version,
  startedAtMs: 1,
  labels: ['untrusted'],
  calls: version,
  denials: 0,
  aborted: null,
  folds: {},
  values: {},
  secrets: [],
  hosts: [],
  pins: {},
})

sessionStoreSuite('sessions in files', async () => {
  const store = await openFileSessionStore(await newFolder(), Date.now)
  return [store, store]
})

describe('sessions in files', () => {
  it('are there for the next process as they were answered, however this one ended', async () => {
    const folder = await newFolder()
    const key = newKey()
    const store = await openFileSessionStore(folder, Date.now)
    await store.replace(key, null, stateAt(1))
    await store.replace(key, 1, stateAt(2))
    const next = await openFileSessionStore(folder, Date.now)
    expect(await next.read(key)).toEqual(stateAt(2))
    expect(await next.replace(key, 1, stateAt(9))).toBe(false)
    expect(await next.replace(key, 2, stateAt(3))).toBe(true)
  })

  it('are there again when there were too many of them to hold', async () => {
    const folder = await newFolder()
    const store = await openFileSessionStore(folder, Date.now)
    const keys = Array.from({ length: 600 }, newKey)
    await Promise.all(keys.map((key) => store.replace(key, null, stateAt(1))))
    for (const key of keys) expect(await store.read(key)).toEqual(stateAt(1))
    const answers = await Promise.all(
      keys.flatMap((key) => [store.replace(key, 1, stateAt(2)), store.replace(key, 1, stateAt(2))]),
    )
    expect(answers.filter(Boolean)).toHaveLength(keys.length)
  })

  it('are private, one small file each, with nothing half-written left behind', async () => {
    const folder = await newFolder()
    const store = await openFileSessionStore(folder, Date.now)
    const key = newKey()
    await Promise.all(
      Array.from({ length: 20 }, (_, at) => store.replace(key, at === 0 ? null : at, stateAt(at + 1))),
    )
    const files = await readdir(folder)
    expect(files).toEqual([`${key.tenant}.${key.session}.session.json`])
    expect((await stat(join(folder, files[0] ?? ''))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('are gone a day after they were last used, from memory and from the disk', async () => {
    const folder = await newFolder()
    let nowMs = Date.now()
    const store = await openFileSessionStore(folder, () => nowMs)
    const [old, young] = [newKey(), newKey()]
    await store.replace(old, null, stateAt(1))
    nowMs += DAY_MS - 60_000
    expect(await store.read(old)).toEqual(stateAt(1))
    nowMs += DAY_MS + 60_000
    expect(await store.read(old)).toBeNull()
    await store.replace(young, null, stateAt(1))
    expect(await readdir(folder)).not.toContain(`${old.tenant}.${old.session}.session.json`)
  })

  it('that are too old are removed at the start, and so is what a killed process left half-written', async () => {
    const folder = await newFolder()
    const store = await openFileSessionStore(folder, Date.now)
    const [old, young] = [newKey(), newKey()]
    await store.replace(old, null, stateAt(1))
    await store.replace(young, null, stateAt(1))
    const longAgo = (Date.now() - DAY_MS - 1_000) / 1_000
    await utimes(join(folder, `${old.tenant}.${old.session}.session.json`), longAgo, longAgo)
    await writeFile(join(folder, 'half.session.json.draft'), '{"form')
    const next = await openFileSessionStore(folder, Date.now)
    expect(await readdir(folder)).toEqual([`${young.tenant}.${young.session}.session.json`])
    expect(await next.read(old)).toBeNull()
  })

  it.each(['', '{', '{"format":"writ.session.v1"}', 'null'])(
    'that cannot be read are not taken for new ones: %j',
    async (text) => {
      const folder = await newFolder()
      const store = await openFileSessionStore(folder, Date.now)
      const key = newKey()
      await writeFile(join(folder, `${key.tenant}.${key.session}.session.json`), text)
      await expect(store.read(key)).rejects.toThrow()
      await expect(store.replace(key, null, stateAt(1))).rejects.toThrow()
    },
  )

  it('cannot be kept when the disk takes nothing, and are counted all the same', async () => {
    const folder = await newFolder()
    const store = await openFileSessionStore(folder, Date.now)
    const key = newKey()
    await store.replace(key, null, stateAt(1))
    await rm(folder, { recursive: true })
    await expect(store.replace(key, 1, stateAt(2))).rejects.toThrow()
    expect(await store.read(key)).toEqual(stateAt(2))
  })
})
