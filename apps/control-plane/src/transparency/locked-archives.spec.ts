import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ArchiveConflict } from '@writ/audit'
import { describeArchive } from '@writ/audit/suites'
import { createS3Archive } from './archive-s3.ts'
import { hasLockedS3, startLockedS3 } from './locked-s3.fixture.ts'
import type { LockedS3 } from './locked-s3.fixture.ts'

const later = new Date(Date.now() + 3_600_000)
const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString()

if (!hasLockedS3) console.warn('not run: a store that locks objects: there is no moto_server')
;(hasLockedS3 ? describe : describe.skip)('a store that locks objects', () => {
  let s3: LockedS3
  beforeAll(async () => {
    s3 = await startLockedS3()
  })
  afterAll(() => s3.close())

  describeArchive('of a bucket with object lock', async () => {
    const place = await s3.bucket()
    return { archive: createS3Archive(place), reopened: async () => createS3Archive(place) }
  })

  it('keeps a version from everybody', async () => {
    const place = await s3.bucket()
    await createS3Archive(place).put('a', Buffer.from('first'), later)
    const listed = await (await s3.ask(place, '/?versions')).text()
    const version = /<VersionId>([^<]+)</.exec(listed)?.[1]
    const removed = await s3.ask(place, `/log/a?versionId=${version}`, { method: 'DELETE' })
    expect([version === undefined, removed.status]).toEqual([false, 403])
  })

  it.each<[string, readonly RequestInit[]]>([
    ['something else', [{ method: 'PUT', body: 'other' }]],
    ['something else, many times', Array.from({ length: 7 }, () => ({ method: 'PUT', body: 'other' }))],
    ['a marker that there is none', [{ method: 'DELETE' }]],
    ['a marker, and then something else', [{ method: 'DELETE' }, { method: 'PUT', body: 'other' }]],
  ])('gives the first copy though a writer put on top of it %s', async (_, writes) => {
    const place = { ...(await s3.bucket()), pageKeys: 3 }
    const archive = createS3Archive(place)
    for (const name of ['a', 'a/b', 'ab', 'b']) await archive.put(name, Buffer.from(`first ${name}`), later)
    for (const name of ['a', 'ab'])
      for (const write of writes) expect((await s3.ask(place, `/log/${name}`, write)).ok).toBe(true)
    const names: string[] = []
    for await (const name of archive.names('')) names.push(name)
    expect(names).toEqual(['a', 'a/b', 'ab', 'b'])
    for (const name of names) expect(textOf(await archive.get(name))).toBe(`first ${name}`)
    expect(await archive.put('a', Buffer.from('first a'), later)).toBe('kept-before')
    await expect(archive.put('a', Buffer.from('other'), later)).rejects.toThrow(ArchiveConflict)
    expect(await archive.get('aa')).toBeNull()
  })
})
