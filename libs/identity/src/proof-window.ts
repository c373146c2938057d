/** How old a proof may be and how far ahead its clock (FAPI 2.0 takes 10 s ahead and refuses more than 60 s). */
export const PROOF_PAST_MS = 60_000
export const PROOF_AHEAD_MS = 10_000

/** A proof without a nonce that was accepted once is no longer acceptable after so long. */
export const PROOF_LIFE_MS = PROOF_PAST_MS + PROOF_AHEAD_MS + 1_000
