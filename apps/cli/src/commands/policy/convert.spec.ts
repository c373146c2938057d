import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { writ } from '../../given-terminal.suite.ts'
import { CEDAR, givenFiles, REFUNDS } from './given-files.suite.ts'

const { file } = givenFiles()

describe('policy convert and format', () => {
  it('turn Cedar into YAML and back', async () => {
    const { exitCode, stdout } = await writ(['policy', 'convert', file('push.cedar', CEDAR), '--to', 'yaml'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('- id: no-push')])
    const back = await writ(['policy', 'convert', file('push.yaml', stdout), '--to', 'cedar'])
    expect([back.exitCode, back.stdout]).toEqual([0, expect.stringContaining('forbid')])
  })

  it('are 1 for what Cedar has no words for', async () => {
    const { exitCode, stdout } = await writ([
      'policy',
      'convert',
      file('refunds.yaml', REFUNDS),
      '--to',
      'cedar',
    ])
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/refunds\.yaml:\d+:\d+: error: hourly: /)])
  })

  it('lay a file out, and leave it alone unless told to write', async () => {
    const untidy = REFUNDS.replace('writ: 1', 'writ:     1 # kept')
    const path = file('refunds.yaml', untidy)
    const { exitCode, stdout } = await writ(['policy', 'format', path])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^writ: 1 # kept\n/)])
    expect(readFileSync(path, 'utf8')).toBe(untidy)
    expect((await writ(['policy', 'format', path, '--write'])).exitCode).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(stdout)
    expect((await writ(['policy', 'test', path])).exitCode).toBe(0)
  })
})
