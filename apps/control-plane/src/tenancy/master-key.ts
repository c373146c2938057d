import type { KeyProvider } from '@writ/credentials'

/** Wraps keys under the master key. A port, injected by class: a key management service may stand in its place. */
export abstract class MasterKey implements KeyProvider {
  abstract readonly wrap: KeyProvider['wrap']
  abstract readonly unwrap: KeyProvider['unwrap']
}
