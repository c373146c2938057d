/** Tells when the agent hangs up: as much of an AbortSignal as that takes, because making one for every message is dear. */
export type HangUp = Pick<AbortSignal, 'aborted' | 'reason'> & {
  readonly addEventListener: (type: 'abort', listener: () => void, options?: { once: true }) => void
  readonly removeEventListener: (type: 'abort', listener: () => void) => void
}

/** The same, for what only takes an AbortSignal. */
export function signalOf(hangUp: HangUp): AbortSignal {
  if (hangUp instanceof AbortSignal) return hangUp
  const controller = new AbortController()
  const abort = (): void => controller.abort(hangUp.reason)
  if (hangUp.aborted) abort()
  else hangUp.addEventListener('abort', abort, { once: true })
  return controller.signal
}
