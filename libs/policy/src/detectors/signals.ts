/** Every signal that the detectors can publish; policies name these, or patterns over these such as `pii.*`. */
export const SIGNALS = [
  'hidden.bidi',
  'hidden.tags',
  'hidden.zero_width',
  'inj.exfil',
  'inj.override',
  'inj.role',
  'inj.suspect',
  'pii.birthdate',
  'pii.card',
  'pii.email',
  'pii.iban',
  'pii.id',
  'pii.phone',
  'pii.ssn',
] as const
export type Signal = (typeof SIGNALS)[number]
