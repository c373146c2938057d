import { describe, expect, it } from '@jest/globals'
import type { ReplayGuard } from './replay-guard.ts'

/** A guard under test with the clock that it reads; `waitMs` lets that clock move on. */
export type GuardUnderTest = {
  readonly guard: ReplayGuard
  readonly nowMs: () => number
  readonly waitMs: (ms: number) => Promise<void>
}

/** What every replay guard promises. Keys are drawn anew for each run, so that a shared store may be used. */
export function replayGuardSuite(name: string, given: () => Promise<GuardUnderTest>): void {
  describe(name, () => {
    it('takes a key once', async () => {
      const { guard, nowMs } = await given()
      const key = newKey()
      expect(await guard.firstSeen(key, nowMs() + 60_000)).toBe('first')
      expect(await guard.firstSeen(key, nowMs() + 60_000)).toBe('seen')
    })

    it('takes exactly one of 20 parallel senders', async () => {
      const { guard, nowMs } = await given()
      const key = newKey()
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => guard.firstSeen(key, nowMs() + 60_000)),
      )
      expect(answers.filter((answer) => answer === 'first')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'seen')).toHaveLength(19)
    })

    it('keeps keys apart, also when they differ only in case', async () => {
      const { guard, nowMs } = await given()
      const key = `${newKey().slice(0, 21)}a`
      const keys = [key, `${key.slice(0, 21)}A`, newKey()]
      for (const each of keys) expect(await guard.firstSeen(each, nowMs() + 60_000)).toBe('first')
    })

    it('remembers a key to the end of its time', async () => {
      const { guard, nowMs, waitMs } = await given()
      const key = newKey()
      await guard.firstSeen(key, nowMs() + 1_500)
      await waitMs(1_000)
      expect(await guard.firstSeen(key, nowMs() + 500)).toBe('seen')
    })

    it('forgets a key after its time', async () => {
      const { guard, nowMs, waitMs } = await given()
      const key = newKey()
      await guard.firstSeen(key, nowMs() + 300)
      await waitMs(600)
      expect(await guard.firstSeen(key, nowMs() + 60_000)).toBe('first')
      expect(await guard.firstSeen(key, nowMs() + 60_000)).toBe('seen')
    })

    it('is not shortened by a second sender who names an earlier end', async () => {
      const { guard, nowMs, waitMs } = await given()
      const key = newKey()
      await guard.firstSeen(key, nowMs() + 60_000)
      await guard.firstSeen(key, nowMs() + 200)
      await waitMs(400)
      expect(await guard.firstSeen(key, nowMs() + 60_000)).toBe('seen')
    })
  })
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const newKey = (): string =>
  Array.from({ length: 22 }, () => ALPHABET[Math.floor(Math.random() * 64)]).join('')
