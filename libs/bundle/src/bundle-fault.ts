/** Why a signed bundle or heartbeat was not taken. */
export type BundleFaultReason =
  | 'too_large'
  | 'malformed'
  | 'type_wrong'
  | 'key_unknown'
  | 'signature_invalid'
  | 'tenant_mismatch'
  | 'rolled_back'
  | 'forked'
  | 'incomplete'
  | 'future_dated'
  | 'replayed'

/** A bundle or heartbeat that must not be used. `detail` fits an acknowledgement: at most 500 characters, no content. */
export class BundleFault {
  readonly reason: BundleFaultReason
  readonly detail: string
  constructor(reason: BundleFaultReason, detail: string) {
    this.reason = reason
    this.detail = detail.slice(0, 500)
  }
}

export const isBundleFault = (value: unknown): value is BundleFault => value instanceof BundleFault
