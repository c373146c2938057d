import { isRefusal } from '@writ/contracts'
import { createEventSplitter } from '../event-stream.ts'
import { diceOf } from '../readers/breaking.suite.ts'
import type { Dice } from '../readers/breaking.suite.ts'

const LIMITS = { maxBytes: 2_000 }

type Seen = {
  readonly datas: readonly string[]
  readonly events: readonly Uint8Array[]
  readonly refusal: string | null
}

/** What must hold of the splitter for the stream of this seed, in however many chunks; null: it does. @throws where the splitter does */
export function splitterFault(seed: number): string | null {
  const dice = diceOf(seed)
  const stream = streamOf(dice)
  const whole = seenIn([stream.slice()])
  const expected = referenceOf(stream)
  if (whole.refusal === null && whole.datas.join('\0') !== expected.join('\0'))
    return 'the reference reads other events'
  if (!isStartOf(Buffer.concat(whole.events), stream, whole.refusal === null))
    return 'the events are not the bytes'
  const joined = whole.events.find((event) => referenceOf(event).length > 1)
  if (joined) return 'two events came as one'
  for (let tries = 0; tries < 3; tries += 1) {
    const fault = otherwiseIn(seenIn(chunksOf(stream, dice)), whole)
    if (fault !== null) return fault
  }
  return otherwiseIn(seenIn([...stream].map((byte) => Uint8Array.of(byte))), whole)
}

function otherwiseIn(seen: Seen, whole: Seen): string | null {
  if (seen.refusal !== whole.refusal) return `other chunks, another end: ${seen.refusal} for ${whole.refusal}`
  return seen.datas.join('\0') === whole.datas.join('\0') ? null : 'other chunks, other events'
}

function seenIn(chunks: readonly Uint8Array[]): Seen {
  const splitter = createEventSplitter(LIMITS)
  const events: { readonly bytes: Uint8Array; readonly data: string | null }[] = []
  const seen = (refusal: string | null): Seen => ({
    datas: events.flatMap(({ data }) => (data === null ? [] : [data])),
    events: events.map(({ bytes }) => bytes),
    refusal,
  })
  for (const chunk of chunks) {
    const pushed = splitter.push(chunk)
    if (isRefusal(pushed)) return seen(pushed.code)
    events.push(...pushed)
    // A sender may use its buffer again.
    chunk.fill(0x21)
    const fault = splitter.fault()
    if (fault) return seen(fault.code)
  }
  const rest = splitter.end()
  if (isRefusal(rest)) return seen(rest.code)
  events.push(...rest)
  return seen(null)
}

function chunksOf(stream: Uint8Array, dice: Dice): readonly Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let from = 0; from < stream.length;) {
    const to = from + 1 + dice.below(dice.one([2, 8, 64, 512]))
    chunks.push(stream.slice(from, to))
    from = to
  }
  return chunks
}

const isStartOf = (events: Uint8Array, stream: Uint8Array, isWhole: boolean): boolean =>
  (!isWhole || events.length === stream.length) &&
  Buffer.compare(events, stream.subarray(0, events.length)) === 0

/**
 * The data of each event, by the letter of WHATWG HTML §9.2.6 and the ABNF before it, over the whole text at once; what ends without a
 * blank line counts as well. Written apart from the splitter.
 */
export function referenceOf(stream: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(stream)
  const datas: string[] = []
  let data: string[] = []
  const dispatch = () => {
    if (data.length > 0) datas.push(data.join('\n'))
    data = []
  }
  for (const line of text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n')) {
    if (line === '') dispatch()
    const [, field = line, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'data' && line !== '') data.push(value)
  }
  dispatch()
  return datas
}

const ENDS = ['\n', '\r\n', '\r'] as const
const LINES = [
  'data: a',
  'data:a',
  'data',
  'data:',
  'data:  two',
  'data: {"a":"b"}',
  'data: \u00e9\u{1F600}\u2028x',
  'data : no',
  'dat',
  'datax: no',
  ': comment',
  ':',
  'id: 7',
  'id',
  'event: message',
  'retry: 10',
  'x',
  '\ufeffdata: no',
  ' data: no',
  'data: \0',
  'data: ' + 'x'.repeat(900),
]

function streamOf(dice: Dice): Uint8Array {
  const parts: string[] = dice.below(6) === 0 ? ['\ufeff'] : []
  const usual = dice.one(ENDS)
  const end = () => (dice.below(6) === 0 ? dice.one(ENDS) : usual)
  for (let lines = dice.below(14); lines > 0; lines -= 1) {
    parts.push(dice.one(LINES), end())
    if (dice.below(2) === 0) parts.push(end())
  }
  const bytes = Buffer.from(parts.join(''))
  if (dice.below(8) > 0 || bytes.length === 0) return new Uint8Array(bytes)
  bytes[dice.below(bytes.length)] = dice.one([0xff, 0x0d, 0x0a, 0x00, 0xc3, 0x3a])
  return new Uint8Array(bytes)
}
