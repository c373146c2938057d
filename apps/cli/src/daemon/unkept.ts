import type { Brakes, Clock } from '@writ/enforcement'

const A_MINUTE_MICROS = 60_000_000

/** Of the refusals of a tenant whose ledger is full one a minute is recorded: they must not fill what is left. */
export function createUnkept({ monotonicMicros }: Clock): Brakes['unkept'] {
  let nextAtMicros = 0
  return () => {
    const now = monotonicMicros()
    const leftMicros = nextAtMicros - now
    if (leftMicros <= 0) nextAtMicros = now + A_MINUTE_MICROS
    return leftMicros <= 0 ? null : { seconds: Math.ceil(leftMicros / 1e6), isFirst: false }
  }
}
