import { ABROAD } from './abroad.ts'
import { DROPPING, LOOSENING, SPACED_OUT, VOIDING } from './orders.ts'
import type { Phrase } from './phrase.ts'
import { ADDRESS, BECOMING, HIDE, RENEWING, REVEAL, SHADOWING, STEALING } from './signs.ts'

export const PHRASES: readonly Phrase[] = [
  DROPPING,
  SPACED_OUT,
  ABROAD,
  VOIDING,
  LOOSENING,
  BECOMING,
  RENEWING,
  REVEAL,
  HIDE,
  ADDRESS,
  STEALING,
  SHADOWING,
].flat()
