import { compactOf } from './codes.ts'
import { isIban } from './iban.ts'
import { CODE_KINDS, NUMBER_KINDS } from './recognisers.ts'

/** Tells whether a text would pass as a value of this kind: the check digits and ranges hold. False for a kind that has none. */
export function isGenuine(signal: string, text: string): boolean {
  if (WITHOUT_CHECK.has(signal)) return false
  if (signal === 'pii.iban') return isIban(compactOf(text))
  return isNumberOf(signal, text.replace(/\D/g, '')) || isCodeOf(signal, compactOf(text))
}

const WITHOUT_CHECK = new Set(['pii.phone', 'pii.phone.loose'])

const isNumberOf = (signal: string, digits: string): boolean =>
  NUMBER_KINDS.some((kind) => kind.signal === signal && kind.isValid(digits))

/** Kinds whose check takes everything have none. */
const isCodeOf = (signal: string, compact: string): boolean =>
  CODE_KINDS.some((kind) => kind.signal === signal && !kind.isValid('') && kind.isValid(compact))
