import type { Form } from './encodings.ts'
import { lazily } from './lazily.ts'
import type { Sieve } from './sieve.ts'
import { HEAD_BYTES, sieveOf } from './sieve.ts'
import { endOfSlice, isLarge } from './slices.ts'
import type { Slices } from './slices.ts'
import { readingsOf } from './spellings.ts'

/** Where a secret stands: from `start` to before `end`, in bytes. */
type Span = { readonly start: number; end: number }

/** A form and what finds it. */
type SoughtForm = Form & {
  readonly prefix: Uint8Array
  /** per byte, how many bytes before and with it are the start of the form again; made when it is first needed */
  borders: Int32Array | null
}

/** All forms of what is looked for, and what rules most texts out. */
export type Sought = {
  readonly forms: readonly SoughtForm[]
  readonly mayStandIn: Sieve
  /** bytes of the shortest form: nothing shorter holds one, for no spelling is shorter than what it spells */
  readonly least: number
  /** bytes of the longest one */
  readonly longest: number
}

/** Long enough to be rare, short enough that looking for it in the worst of texts costs a fixed number of steps per byte. */
const PREFIX_BYTES = 32

export const sought = (forms: readonly Form[]): Sought => ({
  forms: forms.map((form) => ({ ...form, prefix: form.bytes.subarray(0, PREFIX_BYTES), borders: null })),
  mayStandIn: sieveOf(forms.map(({ bytes }) => bytes)),
  least: Math.min(...forms.map(({ bytes }) => bytes.length)),
  longest: Math.max(...forms.map(({ bytes }) => bytes.length)),
})

/**
 * A mark (1) on every byte that belongs to one of the forms, in whatever spelling; null where none stands there. The time is linear in bytes
 * times forms, whatever they hold, and the room in bytes alone, however many there are.
 */
export function* marksIn(bytes: Uint8Array, given: Sought): Slices<Uint8Array | null> {
  if (bytes.length < given.least) return null
  let all: Uint8Array | null = null
  for (const reading of readingsOf(bytes)) {
    if (reading === undefined) {
      yield
      continue
    }
    const found = yield* marksOnForms(reading.bytes, given)
    if (found === null) continue
    const marks = yield* reading.inGiven(found)
    all = all === null ? marks : yield* either(all, marks)
  }
  return all
}

function* either(all: Uint8Array, marks: Uint8Array): Slices<Uint8Array> {
  for (let at = 0; at < all.length;) {
    for (const end = endOfSlice(all, at); at < end; at += 1) if (marks[at] === 1) all[at] = 1
    if (isLarge(all)) yield
  }
  return all
}

/** Slice by slice, those that begin in it. */
function* marksOnForms(bytes: Uint8Array, given: Sought): Slices<Uint8Array | null> {
  let marks: Uint8Array | null = null
  for (let from = 0; from < bytes.length; from = endOfSlice(bytes, from)) {
    for (const { start, end } of spansBegunIn(bytes, from, given))
      marks = (marks ?? new Uint8Array(bytes.length)).fill(1, start, end)
    if (isLarge(bytes)) yield
  }
  return marks
}

/** In the slice that begins there; most are ruled out at once. */
function spansBegunIn(
  bytes: Uint8Array,
  from: number,
  { forms, mayStandIn, longest }: Sought,
): readonly Span[] {
  const end = endOfSlice(bytes, from)
  if (!mayStandIn(bytes.subarray(from, end + HEAD_BYTES - 1))) return []
  const text = asBuffer(bytes.subarray(from, end + longest - 1))
  const lowered = lazily(() => inLowerCase(text))
  return forms.flatMap((form) => {
    const begun = (form.ignoresCase ? lowered() : text).subarray(0, end - from + form.bytes.length - 1)
    return spansOf(begun, form).map((span) =>
      withEdges({ start: from + span.start, end: from + span.end }, bytes, form),
    )
  })
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

function inLowerCase(bytes: Uint8Array): Buffer {
  const lowered = Buffer.from(bytes)
  for (let at = 0; at < lowered.length; at += 1) {
    const byte = lowered[at] ?? 0
    if (byte >= 0x41 && byte <= 0x5a) lowered[at] = byte | 0x20
  }
  return lowered
}

/** Knuth, Morris and Pratt, wherever the prefix stands: no byte of the text is read twice by it, and where no form begins none is. */
function spansOf(text: Buffer, form: SoughtForm): readonly Span[] {
  const spans: Span[] = []
  const size = form.bytes.length
  let matched = 0
  for (let at = text.indexOf(form.prefix); at !== -1 && at < text.length;) {
    const borders = (form.borders ??= bordersOf(form.bytes))
    matched = matchedWith(form.bytes, borders, matched, text[at] ?? 0)
    at += 1
    if (matched === size) {
      add(spans, { start: at - size, end: at })
      matched = borders[size - 1] ?? 0
    }
    if (matched === 0) at = text.indexOf(form.prefix, at)
  }
  return spans
}

/** Spans come in the order of their starts; one that begins within the last one, or right after it, grows it. */
function add(spans: Span[], span: Span): void {
  const last = spans.at(-1)
  if (last && span.start <= last.end) last.end = Math.max(last.end, span.end)
  else spans.push(span)
}

/** How much of the form stands before and with the next byte, given how much stood before it. */
function matchedWith(form: Uint8Array, borders: Int32Array, matched: number, byte: number): number {
  let length = matched
  while (length > 0 && form[length] !== byte) length = borders[length - 1] ?? 0
  return form[length] === byte ? length + 1 : 0
}

function bordersOf(form: Uint8Array): Int32Array {
  const borders = new Int32Array(form.length)
  for (let at = 1; at < form.length; at += 1)
    borders[at] = matchedWith(form, borders, borders[at - 1] ?? 0, form[at] ?? 0)
  return borders
}

/** The letters of base64 next to it, with the padding after them. */
function withEdges({ start, end }: Span, bytes: Uint8Array, { edges }: Form): Span {
  const from = edges.before && isBase64(bytes[start - 1]) ? start - 1 : start
  if (!edges.after || !isBase64(bytes[end])) return { start: from, end }
  const padding = [1, 2].filter((count) =>
    asBuffer(bytes.subarray(end + 1, end + 1 + count)).equals(PADDING.subarray(0, count)),
  )
  return { start: from, end: end + 1 + padding.length }
}

const PADDING = Buffer.from('==')

const isBase64 = (byte: number | undefined): boolean =>
  byte !== undefined && /[A-Za-z0-9+/_-]/.test(String.fromCharCode(byte))
