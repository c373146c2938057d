import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { ControlPlaneAway } from '@writ/point'
import { closeDaemons, newHome } from '../given-daemon.suite.ts'
import { keptContentKey } from './content-key-file.ts'
import { openSeenClock } from './seen-clock.ts'
import { openStanding } from './standing.ts'

afterEach(closeDaemons)

const answered = (status: number | null) => Promise.reject(new ControlPlaneAway('no', status))

describe('the standing of a device', () => {
  it.each([401, 403])(
    'is lost by an answer of %i, also for the next start, until there is another',
    async (status) => {
      const path = join(await newHome(), 'standing')
      const standing = await openStanding(path)
      await expect(standing.heard(answered(status))).rejects.toThrow('no')
      expect(standing.isRefused()).toBe(true)
      const next = await openStanding(path)
      expect(next.isRefused()).toBe(true)
      await expect(next.heard(answered(null))).rejects.toThrow('no')
      expect(next.isRefused()).toBe(true)
      await next.heard(Promise.resolve('changes'))
      expect([next.isRefused(), (await openStanding(path)).isRefused()]).toEqual([false, false])
    },
  )

  it.each([null, 404, 429, 500, 503])('is not lost by silence or trouble: %s', async (status) => {
    const standing = await openStanding(join(await newHome(), 'standing'))
    await expect(standing.heard(answered(status))).rejects.toThrow('no')
    expect(standing.isRefused()).toBe(false)
  })
})

describe('the clock of a device', () => {
  it('never says less than it said before, over a restart too', async () => {
    const path = join(await newHome(), 'clock')
    let nowMs = 5_000_000
    const clock = await openSeenClock(path, () => nowMs)
    await clock.keep()
    nowMs -= 3_600_000
    expect(clock.nowMs()).toBe(5_000_000)
    expect((await openSeenClock(path, () => nowMs)).nowMs()).toBe(5_000_000)
    nowMs = 6_000_000
    expect(clock.nowMs()).toBe(6_000_000)
  })
})

describe('the sealed content key of a device', () => {
  it('serves while the control plane is away, and not after it said no', async () => {
    const path = join(await newHome(), 'content.key')
    expect(await keptContentKey(path, async () => 'sealed')('acme')).toBe('sealed')
    expect(await keptContentKey(path, () => answered(null))('acme')).toBe('sealed')
    expect(await keptContentKey(path, () => answered(503))('acme')).toBe('sealed')
    await expect(keptContentKey(path, () => answered(403))('acme')).rejects.toThrow('no')
  })

  it('is not made up where there was none', async () => {
    const path = join(await newHome(), 'content.key')
    await expect(keptContentKey(path, () => answered(null))('acme')).rejects.toThrow('no')
  })
})
