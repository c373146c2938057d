import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from '@jest/globals'
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
