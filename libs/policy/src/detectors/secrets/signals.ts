import { SECRET_RECOGNISERS } from './recognisers.ts'

/** `secret.known` is a value that was lent or seen before; see `known-secrets.ts`. */
export const KNOWN_SECRET = 'secret.known'

/** Every signal of this family, sorted. */
export const SECRET_SIGNALS: readonly string[] = [
  ...new Set([KNOWN_SECRET, ...SECRET_RECOGNISERS.flatMap(({ signals }) => signals)]),
].sort()
