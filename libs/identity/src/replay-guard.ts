/** Remembers used proofs. A proof counts once; not knowing never means "first". */
export type ReplayGuard = {
  /**
   * Remembers `key` and says whether it was known. Of many calls at once with one key, exactly one gets `first`.
   * @param key 22 base64url characters
   * @param untilMs epoch milliseconds until which the key must be remembered
   * @param memory `node`: the proof can be used at this node only; a replay policy then asks this node's own memory
   */
  readonly firstSeen: (
    key: string,
    untilMs: number,
    memory?: ReplayMemory,
  ) => Promise<'first' | 'seen' | 'unavailable'>
}

/** Where a proof can have been used before. */
export type ReplayMemory = 'shared' | 'node'

/** Knows the nonces that this verifier gave out (RFC 9449 §8 and §9). */
export type NonceKeeper = {
  /** `valid-here`: this node gave it out, and no other node accepts it */
  readonly check: (nonce: string) => 'valid' | 'valid-here' | 'invalid'
  /** true while a proof without a nonce is not accepted */
  readonly required: boolean
  /** the nonce to give out now */
  readonly current: () => string
}
