import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from '@jest/globals'
import { openSpoolDisk } from './spool-disk.ts'
import { newFolder, removeFolders } from './spool.fixture.ts'

afterEach(removeFolders)

const SCRIPT = join(import.meta.dirname, '../../test/last-descriptor.mjs')
const LIMITED = 'ulimit -n 64 && exec "$0" "$@"'

describe('a new file whose name cannot be made to last', () => {
  it('gives its descriptor back: a process that has none left is tried again every second', async () => {
    const run = [process.execPath, '--conditions=@writ/source', SCRIPT, await newFolder()]
    const { stdout } = await promisify(execFile)('sh', ['-c', LIMITED, ...run], {
      env: { PATH: process.env['PATH'] },
    })
    expect(stdout).toBe('EMFILE 1\n')
  })
})

describe('a file that cannot be read', () => {
  it('is named: what the system says of a read names nothing', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'a.spool'))
    const disk = await openSpoolDisk(folder)
    for (const read of [disk.read, (name: string) => disk.readAt(name, 0, 8)])
      await expect(read('a.spool')).rejects.toMatchObject({
        message: 'a.spool cannot be read',
        cause: expect.objectContaining({ code: 'EISDIR' }),
      })
  })
})
