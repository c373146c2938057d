import type { TokenAnswer } from '@writ/contracts'

/** Part of a token's life after which a new one is fetched. */
const RENEW_AT = 0.6

export type TokenSource = {
  readonly current: () => Promise<string>
  /** the token was refused: the next call fetches another */
  readonly forget: (token: string) => void
}

type Held = { readonly token: string; readonly renewAtMs: number; readonly expiresAtMs: number }

/** Keeps one token fresh. However many ask at once, one request is under way; while a renewal fails, a token that still lives serves. */
export function createTokenSource(nowMs: () => number, request: () => Promise<TokenAnswer>): TokenSource {
  let held: Held | null = null
  let underWay: Promise<Held> | null = null

  const renew = (): Promise<Held> => {
    const askedAtMs = nowMs()
    underWay ??= request()
      .then((answer) => (held = heldFrom(answer, askedAtMs)))
      .finally(() => (underWay = null))
    return underWay
  }
  const current = async (): Promise<string> => {
    const before = held
    if (before !== null && nowMs() < before.renewAtMs) return before.token
    const isAlive = before !== null && nowMs() < before.expiresAtMs
    const renewed = isAlive ? await renew().catch(() => before) : await renew()
    return renewed.token
  }
  const forget = (token: string): void => {
    if (held?.token === token) held = null
  }
  return { current, forget }
}

/** Life is counted from when the token was asked for, on the agent's own clock. */
const heldFrom = (answer: TokenAnswer, askedAtMs: number): Held => ({
  token: answer.access_token,
  renewAtMs: askedAtMs + answer.expires_in * 1_000 * RENEW_AT,
  expiresAtMs: askedAtMs + answer.expires_in * 1_000,
})
