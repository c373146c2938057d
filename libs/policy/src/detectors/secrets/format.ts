import { literals } from '../recogniser.ts'
import type { Recogniser, Trigger } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { isSecret } from './example.ts'
import { isFresh, isWordCharacter, readAt } from './reading.ts'

/**
 * One vendor's secrets that are known by how they look, from the vendor's public documentation. `shape` is read from `ahead` characters
 * before one of the literals and is bounded in length; it stands apart from letters and digits on both sides.
 */
export type Format = {
  readonly signal: `secret.${string}`
  /** lower case */
  readonly literals?: readonly string[]
  /** what begins the shape where no literal does */
  readonly runs?: readonly Trigger[]
  /** sticky, at most REACH characters */
  readonly shape: RegExp
  /** characters of the shape before the literal; 0 */
  readonly ahead?: number
  /** proves a value genuine, which is then no example however plain it looks */
  readonly isGenuine?: (value: string) => boolean
  /** the shape is so long or particular that it needs no look at how random it is */
  readonly isPlain?: boolean
}

export const recogniserOf = (format: Format): Recogniser => ({
  signals: [format.signal],
  triggers: [...literals(...(format.literals ?? [])), ...(format.runs ?? [])],
  recognise: (text, start) => recognise(format, text, start - (format.ahead ?? 0)),
})

const NONE: readonly Span[] = []

function recognise(
  { signal, shape, isGenuine, isPlain }: Format,
  text: string,
  start: number,
): readonly Span[] {
  if (start < 0 || (isWordCharacter(text, start) && !isFresh(text, start))) return NONE
  const value = readAt(shape, text, start)
  if (value === null || isWordCharacter(text, start + value.length)) return NONE
  if (isPlain !== true && isGenuine?.(value) !== true && !isSecret(value)) return NONE
  return [{ signal, start, end: start + value.length }]
}
