import type { Form } from './encodings.ts'
import { lazily } from './lazily.ts'
import type { Sieve } from './sieve.ts'
import { sieveOf } from './sieve.ts'
import { readingsOf } from './spellings.ts'
import type { Reading } from './spellings.ts'

/** Where a secret stands: from `start` to before `end`, in bytes. */
export type Span = { readonly start: number; end: number }

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
}

/** Long enough to be rare, short enough that looking for it in the worst of texts costs a fixed number of steps per byte. */
const PREFIX_BYTES = 32

export const sought = (forms: readonly Form[]): Sought => ({
  forms: forms.map((form) => ({ ...form, prefix: form.bytes.subarray(0, PREFIX_BYTES), borders: null })),
  mayStandIn: sieveOf(forms.map(({ bytes }) => bytes)),
  least: Math.min(...forms.map(({ bytes }) => bytes.length)),
})

/** Every place where one of the forms stands, in order and apart. The time is linear in bytes times forms, whatever they hold. */
export function placesOf(bytes: Uint8Array, { forms, mayStandIn }: Sought): readonly Span[] {
  const places: Span[] = []
  for (const reading of readingsOf(bytes)) {
    if (!mayStandIn(reading.bytes)) continue
    const lowered = lazily(() => inLowerCase(reading.bytes))
    for (const form of forms) {
      if (form.bytes.length > reading.bytes.length) continue
      const text = form.ignoresCase ? lowered() : asBuffer(reading.bytes)
      for (const span of spansOf(text, form)) places.push(inGiven(withEdges(span, text, form), reading))
    }
  }
  return apart(places.toSorted((a, b) => a.start - b.start))
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
function withEdges({ start, end }: Span, text: Buffer, { edges }: Form): Span {
  const from = edges.before && isBase64(text[start - 1]) ? start - 1 : start
  if (!edges.after || !isBase64(text[end])) return { start: from, end }
  const padding = [1, 2].filter(
    (at) => text.subarray(end + 1, end + 1 + at).toString('latin1') === '='.repeat(at),
  )
  return { start: from, end: end + 1 + padding.length }
}

const isBase64 = (byte: number | undefined): boolean =>
  byte !== undefined && /[A-Za-z0-9+/_-]/.test(String.fromCharCode(byte))

function inGiven({ start, end }: Span, { starts }: Reading): Span {
  const from = starts()
  return from === null ? { start, end } : { start: from[start] ?? 0, end: from[end] ?? 0 }
}

function apart(ordered: readonly Span[]): readonly Span[] {
  const spans: Span[] = []
  for (const span of ordered) add(spans, span)
  return spans
}

/** Spans come in the order of their starts; one that begins within the last one grows it. */
function add(spans: Span[], span: Span): void {
  const last = spans.at(-1)
  if (last && span.start < last.end) last.end = Math.max(last.end, span.end)
  else spans.push({ start: span.start, end: span.end })
}
