import { randomBytes } from 'node:crypto'
import { formatId } from '@writ/contracts'
import type { Clock } from '@writ/enforcement'

/** An id of one kind, made now. */
export const newId = <P extends Parameters<typeof formatId>[0]>(prefix: P): ReturnType<typeof formatId<P>> =>
  formatId(prefix, Date.now(), randomBytes(10))

export const monotonicMs = (): number => performance.now()

/** @param nowMs wall clock, epoch milliseconds */
export const clockOf = (nowMs: () => number): Clock => ({
  nowMs,
  monotonicMicros: () => performance.now() * 1000,
})
