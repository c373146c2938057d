import type { Json, JsonObject } from '@writ/contracts'
import { RuleFault } from '../rule-fault.ts'
import { isList } from '../path.ts'
import { readArgument } from './argument.ts'

/**
 * What one argument adds to a sum. Nothing adds nothing; a list adds its items; a negative number adds its magnitude, because a payment
 * of -5,000 must not make room for another under a cap. What cannot be read as a number is a fault.
 */
export function amountOf(value: Json | undefined): number | RuleFault {
  if (value === undefined || value === null) return 0
  if (isList(value)) return amountOfList(value)
  const amount = Math.abs(numberOf(value))
  return amount <= LARGEST ? amount : new RuleFault('an amount is no number, or is too large to add up')
}

/** The same in whole units, rounded up; null where it is a fault. */
export function unitsOf(args: JsonObject, path: string): number | null {
  const value = readArgument(args, path)
  const amount = value instanceof RuleFault ? value : amountOf(value)
  if (amount instanceof RuleFault) return null
  const units = amount * UNITS
  const nearest = Math.round(units)
  // what floating point itself is off by is no part of an amount: 2000.1 is 20,001,000 units and not one more
  return Math.abs(units - nearest) <= units * Number.EPSILON ? nearest : Math.ceil(units)
}

/** Sums are kept in ten-thousandths, the finest minor unit of any currency (ISO 4217), so that what is taken back leaves no dust. */
export const UNITS = 10_000
const LARGEST = 1e10

function amountOfList(items: readonly Json[]): number | RuleFault {
  let total = 0
  for (const item of items) {
    const amount = amountOf(item)
    if (amount instanceof RuleFault) return amount
    total += amount
  }
  return total <= LARGEST ? total : new RuleFault('an amount is too large to add up')
}

const DECIMAL = /^\s*[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})\s*$/

/** Upstreams take `"600"` for 600, so it counts as that. */
function numberOf(value: Json): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN
}
