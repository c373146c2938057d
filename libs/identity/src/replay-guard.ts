/** Remembers used proofs. A proof counts once; not knowing never means "first". */
export type ReplayGuard = {
  /**
   * Remembers `key` and says whether it was known. Of many calls at once with one key, exactly one gets `first`.
   * @param key 22 base64url characters
   * @param untilMs epoch milliseconds until which the key must be remembered
   * @param nonce the nonce of the proof, already valid; only a replay policy looks at it
   */
  readonly firstSeen: (
    key: string,
    untilMs: number,
    nonce?: string,
  ) => Promise<'first' | 'seen' | 'unavailable'>
}

/** Knows the nonces that this verifier gave out (RFC 9449 §8 and §9). */
export type NonceKeeper = {
  readonly check: (nonce: string) => 'valid' | 'invalid'
  /** true while a proof without a nonce is not accepted */
  readonly required: boolean
  /** the nonce to give out now */
  readonly current: () => string
}
