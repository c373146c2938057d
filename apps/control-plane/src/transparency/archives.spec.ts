import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ArchiveConflict } from '@writ/audit'
import { describeArchive } from '@writ/audit/suites'
import { createDirectoryArchive } from './archive-directory.ts'
import { checkpointName, checkpointsOfEpoch } from './archive-names.ts'
import { createS3Archive } from './archive-s3.ts'
import { startS3 } from './s3.fixture.ts'
import type { S3Server } from './s3.fixture.ts'

let root: string
let s3: S3Server
let count = 0
const later = new Date(Date.now() + 60_000)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'writ-archive-'))
  s3 = await startS3(join(root, 's3'))
})
afterAll(async () => {
  await s3.close()
  await rm(root, { recursive: true, force: true })
})

describeArchive('in a folder', async () => {
  const path = join(root, `folder-${(count += 1)}`)
  return { archive: createDirectoryArchive(path), reopened: async () => createDirectoryArchive(path) }
})

describeArchive('in a store that speaks S3', async () => {
  const place = { ...s3.place, prefix: `run-${(count += 1)}` }
  return { archive: createS3Archive(place), reopened: async () => createS3Archive(place) }
})

describe('a copy', () => {
  it('in a folder leaves nothing half there beside it, and is not one that a crash left', async () => {
    const path = join(root, 'drafts')
    const archive = createDirectoryArchive(path)
    await archive.put('a/b', Buffer.from('x'), later)
    await expect(archive.put('a/b', Buffer.from('y'), later)).rejects.toThrow(ArchiveConflict)
    expect(await readdir(join(path, 'a'))).toEqual(['b'])
    await writeFile(join(path, 'a', '.draft-left'), 'half')
    expect(await namesOf(archive.names(''))).toEqual(['a/b'])
  })

  it('of the newest checkpoint has the first name', async () => {
    const archive = createDirectoryArchive(join(root, 'newest'))
    for (const size of [0, 9, 10_000, 123_456_789, 2 ** 53 - 1])
      await archive.put(checkpointName('log', 0, size), Buffer.from(String(size)), later)
    const names = await namesOf(archive.names(checkpointsOfEpoch('log', 0)))
    const sizes = await Promise.all(
      names.map(async (name) => Number(Buffer.from((await archive.get(name)) ?? []))),
    )
    expect(sizes).toEqual([2 ** 53 - 1, 123_456_789, 10_000, 9, 0])
  })

  it('is asked to be locked where the store can lock, and put only where nothing is', async () => {
    const archive = createS3Archive({ ...s3.place, prefix: 'locked', lock: 'COMPLIANCE' })
    await archive.put('a', Buffer.from('x'), later)
    const put = s3.seen().find(({ path, method }) => method === 'PUT' && path.includes('locked/a'))
    expect(put?.headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': later.toISOString(),
    })
  })

  it('is not taken for kept by a store that refuses the key', async () => {
    const archive = createS3Archive({ ...s3.place, bucket: 'not-there' })
    await expect(archive.put('a', Buffer.from('x'), later)).rejects.toThrow(/did not keep/)
  })
})

async function namesOf(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const name of names) found.push(name)
  return found
}
