import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import type { KernelRefusal } from '../daemon/index.ts'
import { kernelRefusals } from './kernel-refusals.ts'
import { actionOf, whyOf } from './refused-action.ts'

const MOUNTS = [{ kind: 'empty', at: '/' } as const, { kind: 'read', source: '/usr', at: '/usr' } as const]
const OUTSIDE = {
  hasPath: (path: string) => path.startsWith('/home/dev/'),
  hasName: () => false,
  hasPort: (port: number) => port === 5432,
}

/** Lines of a bridge, and what became of them; `late`: those that come a second and a half after the others. */
async function heard(lines: readonly string[], late: readonly string[] = [], record = accepted) {
  const recorded: KernelRefusal[] = []
  const refusals = kernelRefusals({
    processor: 'x64',
    mounts: MOUNTS,
    outside: OUTSIDE,
    record: async (refusal) => {
      recorded.push(refusal)
      return record(recorded.length)
    },
  })
  const stream = new PassThrough()
  refusals.hear(stream)
  for (const line of lines) stream.write(`${line}\n`)
  if (late.length > 0) await new Promise((resolve) => setTimeout(resolve, 1500))
  for (const line of late) stream.write(`${line}\n`)
  stream.end()
  return { told: await refusals.end(), recorded }
}

const accepted = async (at: number): Promise<string> => `dec_${at}`

describe('what the kernel refused', () => {
  it('is recorded once for each thing, with how often, and told with that record', async () => {
    const { told, recorded } = await heard([
      '1 write 257 /usr/x',
      '1 read-missing 257 /home/dev/.ssh/id',
      '41 write 2 /usr/x',
      '1 call 101 -',
    ])
    expect(recorded).toEqual([
      {
        action: { kind: 'file.write', path: '/usr/x' },
        call: 'openat',
        reason: 'the sandbox holds it as it is',
        times: 42,
      },
      {
        action: { kind: 'file.read', path: '/home/dev/.ssh/id' },
        call: 'openat',
        reason: 'the sandbox does not show it',
        times: 1,
      },
      {
        action: { kind: 'kernel.call', call: 'ptrace', about: '' },
        call: 'ptrace',
        reason: 'the sandbox does not make such calls',
        times: 1,
      },
    ])
    expect(told.map(({ what, times, decisionId }) => [what, times, decisionId])).toEqual([
      ['write /usr/x', 42, 'dec_1'],
      ['read /home/dev/.ssh/id', 1, 'dec_2'],
      ['ptrace', 1, 'dec_3'],
    ])
  })

  it('is on record while the run goes on, and what comes of it later in one more record at the end', async () => {
    const { told, recorded } = await heard(
      ['2 write 257 /usr/x'],
      ['1 write 257 /usr/x', '4 write 257 /usr/x'],
    )
    expect(recorded.map(({ times }) => times)).toEqual([2, 5])
    expect(told).toMatchObject([{ times: 7, decisionId: 'dec_1' }])
  })

  it('is not what is nowhere, nor what no bridge says', async () => {
    const { told, recorded } = await heard([
      '1 read-missing 257 /usr/lib/locale/none',
      '1 port-missing 42 127.0.0.1:3000',
      'write /usr/x',
      '1 write 257 /usr/x and more',
    ])
    expect([told, recorded]).toEqual([[], []])
  })

  it('is told all the same where it cannot be recorded', async () => {
    const { told } = await heard(['1 write 257 /usr/x'], [], async () => Promise.reject(new Error('full')))
    expect(told).toMatchObject([{ what: 'write /usr/x', decisionId: '' }])
  })

  it('in a flood is recorded within bounds, and nothing of it is lost from the count', async () => {
    const flood = Array.from({ length: 5000 }, (_, at) => `1 write 257 /usr/${at}`)
    const { told, recorded } = await heard([...flood, '1 read-missing 257 /home/dev/.ssh/id'])
    expect(recorded.length).toBeLessThan(300)
    expect(recorded.reduce((times, refusal) => times + refusal.times, 0)).toBe(5001)
    expect(told.map(({ what }) => what)).toContain('read /home/dev/.ssh/id')
    expect(told.map(({ what }) => what)).toContain('write /usr (and others there)')
    expect(recorded.map(({ action }) => action)).toContainEqual({ kind: 'file.write', path: '/usr/…' })
  })
})

describe('an action that was refused', () => {
  const thing = { call: 'connect', times: 1, more: false }

  it('past the proxy is a connection, of any family', () => {
    const host = (about: string) => actionOf({ ...thing, what: 'host', about })
    expect(host('10.0.0.1:53')).toEqual({ kind: 'network.connect', host: '10.0.0.1', port: 53 })
    expect(host('[fd00::1]:443')).toEqual({ kind: 'network.connect', host: 'fd00::1', port: 443 })
    expect(actionOf({ ...thing, what: 'port-missing', about: '127.0.0.1:5432' })).toMatchObject({
      port: 5432,
    })
  })

  it('that is neither file nor connection is the call itself, with a reason', () => {
    const signal = { ...thing, call: 'kill', what: 'signal', about: '1' } as const
    expect(actionOf(signal)).toEqual({ kind: 'kernel.call', call: 'kill', about: '1' })
    expect(actionOf({ ...thing, what: 'host', about: '', more: true })).toEqual({
      kind: 'kernel.call',
      call: 'connect',
      about: '…',
    })
    expect(whyOf(signal)).toMatch(/process 1/)
  })
})
