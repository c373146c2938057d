import { PII_RECOGNISERS } from './recognisers.ts'

/** Found by the name of a field alone. */
const FIELD_SIGNALS = ['pii.id']

/** Every signal of personal data, sorted. */
export const PII_SIGNALS: readonly string[] = [
  ...new Set([...FIELD_SIGNALS, ...PII_RECOGNISERS.flatMap((recogniser) => recogniser.signals)]),
].sort()
