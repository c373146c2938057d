import { describe, expect, it } from '@jest/globals'
import type { HangUp } from './hang-up.ts'
import { signalOf } from './hang-up.ts'

/** One that is no AbortSignal. */
function line() {
  const listeners = new Set<() => void>()
  const hangUp = {
    aborted: false as boolean,
    reason: null as unknown,
    addEventListener: (_: 'abort', listener: () => void) => void listeners.add(listener),
    removeEventListener: (_: 'abort', listener: () => void) => void listeners.delete(listener),
  } satisfies HangUp
  return {
    hangUp,
    cut: (reason: unknown) => {
      hangUp.aborted = true
      hangUp.reason = reason
      for (const listener of listeners) listener()
    },
  }
}

describe('the signal of a hang-up', () => {
  it('is the very signal where it is one', () => {
    const { signal } = new AbortController()
    expect(signalOf(signal)).toBe(signal)
  })

  it('aborts with it, for its reason', () => {
    const { hangUp, cut } = line()
    const signal = signalOf(hangUp)
    expect(signal.aborted).toBe(false)
    cut('too slow')
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toBe('too slow')
  })

  it('is aborted from the beginning where the agent has gone', () => {
    const { hangUp, cut } = line()
    cut('gone')
    expect(signalOf(hangUp).reason).toBe('gone')
  })
})
