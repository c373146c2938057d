import { z } from 'zod'

const [YEAR_1_MS, YEAR_10000_MS] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('+010000-01-01T00:00:00Z')]
const OFFSET = /[+-](\d{2}):\d{2}$/

/**
 * A moment that is asked for, with any offset: one that Postgres takes too. Its years are 1 to 9999 in UTC, its offsets shorter than 16 h
 * (docs of Postgres, date/time input), and its text is no longer than nanoseconds make it.
 */
export const Moment = z.iso
  .datetime({ offset: true, abort: true })
  .max(40)
  .refine((text) => Number(OFFSET.exec(text)?.[1] ?? 0) < 16, {
    error: 'an offset is shorter than 16 hours',
    abort: true,
  })
  .refine((text) => Date.parse(text) >= YEAR_1_MS && Date.parse(text) < YEAR_10000_MS, {
    error: 'a moment is in the years 1 to 9999 (UTC)',
  })

/** A whole number in a query. Digits only: `z.coerce` takes nothing for 0, and so a name without a value for the first leaf. */
export const wholeNumber = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z
    .union([z.string().regex(/^-?\d{1,16}$/), z.number()])
    .pipe(z.coerce.number<string | number>().int().min(min).max(max))

/** A leaf index, or -1: before the first. */
export const PlaceInQuery = wholeNumber({ min: -1, max: Number.MAX_SAFE_INTEGER })
