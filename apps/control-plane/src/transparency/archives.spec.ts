import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
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

  it('in a folder that a crash left behind is durable before it counts as kept', async () => {
    const path = join(root, 'crashed')
    // what another process made, and ended before any folder was synchronized
    await mkdir(join(path, 'a/b'), { recursive: true })
    await writeFile(join(path, 'a/b/old'), 'x')
    const probe = await open(path, 'r')
    const synced = new Set<number>()
    const sync = jest.spyOn(Object.getPrototypeOf(probe), 'sync').mockImplementation(async function (
      this: FileHandle,
    ) {
      synced.add((await this.stat()).ino)
    })
    const folders = [root, path, join(path, 'a'), join(path, 'a/b')]
    for (const name of ['a/b/old', 'a/b/new']) {
      synced.clear()
      await createDirectoryArchive(path).put(name, Buffer.from('x'), later)
      for (const folder of folders) expect(synced).toContain((await stat(folder)).ino)
    }
    sync.mockRestore()
    await probe.close()
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

describe('a store that is not what it seems', () => {
  it('and answers with a page of its own has no empty list of copies: nothing could be compared', async () => {
    const { archive, close } = await storeThat(() => ({ status: 200, body: '<html>sign in</html>' }))
    await expect(namesOf(archive.names('log/'))).rejects.toThrow(/did not list/)
    close()
  })

  it.each([409, 412])('and answers %d, with nothing there, keeps nothing else', async (status) => {
    const { archive, close } = await storeThat((method) => ({
      status: method === 'PUT' ? status : 404,
      body: '',
    }))
    for (const text of ['', 'x']) {
      const putting = archive.put('log/a', Buffer.from(text), later)
      await expect(putting).rejects.toThrow('is not there')
      await expect(putting).rejects.not.toThrow(ArchiveConflict)
    }
    close()
  })
})

/** @param answer to any request of that method */
async function storeThat(answer: (method: string) => { status: number; body: string }) {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.method ?? '')
    request.resume().on('end', () => response.writeHead(status).end(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the store has no port')
  return {
    archive: createS3Archive({ ...s3.place, endpoint: `http://127.0.0.1:${address.port}` }),
    close: () => server.close(),
  }
}

async function namesOf(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const name of names) found.push(name)
  return found
}
