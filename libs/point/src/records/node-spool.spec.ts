import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { openNodeSpool } from './node-spool.ts'
import { boot, newFolder, put, removeFolders, stream } from './spool.fixture.ts'
import { spoolLimits } from './spool-limits.ts'

afterEach(removeFolders)

async function opened(folder: string) {
  const reports: unknown[] = []
  const spool = await openNodeSpool(folder, boot('B'), spoolLimits(64 * 1024 * 1024), (problem, detail) => {
    reports.push([problem, detail])
  })
  return { spool, reports }
}

describe('the spool of a node', () => {
  it('is opened without a word where there is nothing to say', async () => {
    const { spool, reports } = await opened(await newFolder())
    expect([reports, await put(spool, 0, stream('B'))]).toEqual([[], true])
  })

  it('is opened all the same where files of it cannot be read, and names each', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'a.spool'))
    await writeFile(join(folder, 'b.spool'), 'no frame')
    const { spool, reports } = await opened(folder)
    expect(reports).toEqual([
      [
        expect.stringContaining('they stay on the disk'),
        {
          folder,
          segments: [
            expect.stringMatching(/^a\.spool: unreadable: a\.spool cannot be read: EISDIR/),
            'b.spool: damaged',
          ],
        },
      ],
    ])
    expect(await put(spool, 0, stream('B'))).toBe(true)
  })
})
