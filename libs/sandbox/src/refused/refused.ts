import type { Processor } from '../confinement/system-calls.ts'
import { FORBIDDEN, LOOKED_AT, LOOKED_INTO, SENDTO } from '../confinement/system-calls.ts'

/**
 * What the kernel refused inside, as the bridge tells it (native/writ-bridge/watch.h). `…-missing`: it is not there inside, and may be there
 * outside. `make-missing`: what would be made stands in a place that is not there.
 */
export const REFUSED = [
  'read',
  'write',
  'delete',
  'read-missing',
  'write-missing',
  'make-missing',
  'delete-missing',
  'socket',
  'socket-missing',
  'name-missing',
  'host',
  'port-missing',
  'signal',
  'identity',
  'call',
  'other-numbers',
  'hidden',
] as const

export type Refused = {
  readonly what: (typeof REFUSED)[number]
  /** name of the call to the kernel */
  readonly call: string
  /** a path, `address:port`, a number: what it was about; may be empty */
  readonly about: string
  readonly times: number
}

/** @returns null for what is no line of the bridge's */
export function refusedOf(line: string, processor: Processor): Refused | null {
  const [, times = '', word = '', call = '', about = ''] =
    /^([1-9]\d{0,9}) ([a-z-]+) (-?\d{1,5}) ([\x21-\x7e]{1,2000})$/.exec(line) ?? []
  const what = REFUSED.find((known) => known === word)
  if (what === undefined) return null
  return { what, call: callOf(Number(call), processor), about: plain(about), times: Number(times) }
}

const callOf = (number: number, processor: Processor): string =>
  number < 0 ? 'a call' : (NAMES[processor].get(number) ?? `call ${number}`)

const namesOn = (processor: Processor): ReadonlyMap<number | null, string> =>
  new Map(
    Object.entries({ ...FORBIDDEN, ...LOOKED_INTO, ...LOOKED_AT, sendto: SENDTO }).map(([name, numbers]) => [
      numbers[processor],
      name,
    ]),
  )
const NAMES = { x64: namesOn('x64'), arm64: namesOn('arm64') }

// Bytes that are no text of UTF-8 become marks, as they do everywhere in records.
function plain(escaped: string): string {
  if (escaped === '-') return ''
  const bytes = escaped.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
