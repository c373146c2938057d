import { spansOf } from './sighting.ts'
import type { Span } from './sighting.ts'

/** Characters that a person does not see and a model reads. Emoji, Persian, Indic and bidirectional text use some of them rightly. */
export function* detectHidden(text: string): Generator<Span> {
  if (!INVISIBLE.test(text)) return
  yield* tagsIn(text)
  yield* zeroWidthIn(text)
  yield* bidiIn(text)
}

/** Zero-width characters, bidirectional controls, tags, variation selectors and their like. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u202a-\u202e]/u

/** The flags of England, Scotland and Wales are the only tag sequences recommended for interchange (UTS #51). */
const REGIONAL_FLAG =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu
const TAGS = /[\u{e0000}-\u{e007f}]+/gu
const HAS_TAG = /[\u{e0000}-\u{e007f}]/u

function tagsIn(text: string): Iterable<Span> {
  if (!HAS_TAG.test(text)) return []
  return spansOf(
    text.replace(REGIONAL_FLAG, (flag) => ' '.repeat(flag.length)),
    TAGS,
    'hidden.tags',
  )
}

const SUSPICIOUS_COUNT = 3

/** Zero-width characters between Latin characters (joiners between emoji or Indic letters do a job), or a row of variation selectors. */
const ZERO_WIDTH_IN_LATIN =
  /(?<=^|[\s\u0021-\u024f])[\u180e\u200b-\u200d\u2060-\u2064\ufeff]+(?=$|[\s\u0021-\u024f])/gu
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{3,}/gu

function* zeroWidthIn(text: string): Generator<Span> {
  const heldBack: Span[] = []
  let count = 0
  for (const span of spansOf(text, ZERO_WIDTH_IN_LATIN, 'hidden.zero_width')) {
    heldBack.push(span)
    count += span.end - span.start
    if (count >= SUSPICIOUS_COUNT) yield* heldBack.splice(0)
  }
  yield* spansOf(text, SELECTORS, 'hidden.zero_width')
}

const OVERRIDES = /[\u202d\u202e]/gu
const EMBEDDINGS = /[\u202a\u202b\u2066\u2067]/gu
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** Overrides anywhere; embeddings and isolates where no letter runs from right to left. */
function* bidiIn(text: string): Generator<Span> {
  yield* spansOf(text, OVERRIDES, 'hidden.bidi')
  if (!RIGHT_TO_LEFT.test(text)) yield* spansOf(text, EMBEDDINGS, 'hidden.bidi')
}
