/** One of the platform's Ed25519 keys that sign checkpoints. */
export type LogKey = {
  readonly kid: string
  /** raw, 32 bytes */
  readonly publicKey: Uint8Array
  /** nothing is signed with it before: it is published first */
  readonly useAfterMs: number
}

/** Where the keys of the logs are and sign: a port. The private halves never leave it, so that a key management service may stand in its place. */
export abstract class LogKeyProvider {
  /** Every key that ever was, in the order in which they came or come into use. */
  abstract keys(): Promise<LogKey[]>
  /** Ed25519 over the bytes. @throws when there is no such key */
  abstract sign(kid: string, bytes: Uint8Array): Promise<Uint8Array>
  abstract add(useAfterMs: number): Promise<void>
}
