import type { Recogniser } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { distanceOf, surroundingsOf } from './context.ts'
import type { CodeKind } from './number-kind.ts'

/** Recognises one kind of code at, or at a fixed distance from, each candidate. */
export function codeRecogniser(kind: CodeKind): Recogniser {
  const { signal, triggers, offsets = [0], beside } = kind
  return {
    signals: [signal],
    triggers: beside === undefined ? triggers : triggers.map((trigger) => ({ ...trigger, beside })),
    recognise: (text, start) => {
      for (const offset of offsets) {
        const span = spanAt(text, start + offset, kind)
        if (span !== null) return [span]
      }
      return NONE
    },
  }
}

const NONE: readonly Span[] = []

function spanAt(text: string, at: number, kind: CodeKind): Span | null {
  if (at < 0) return null
  kind.shape.lastIndex = at
  const match = kind.shape.exec(text)
  if (match === null) return null
  const code = match.groups?.['code'] ?? match[0]
  const end = at + match[0].length
  const span = { signal: kind.signal, start: end - code.length, end }
  return kind.isValid(compactOf(code)) && isMeant(text, span, code, kind) ? span : null
}

export const compactOf = (code: string): string => code.replace(/[^A-Za-z0-9]/g, '').toUpperCase()

function isMeant(text: string, { start, end }: Span, code: string, { words, alone }: CodeKind): boolean {
  if (words === null || alone?.test(code) === true) return true
  return distanceOf(words, surroundingsOf(text, start, end)) < Infinity
}
