import type { GroupSettings } from '@writ/contracts'
import type { CompiledPatterns } from '../patterns/compile-patterns.ts'
import type { SecretSearch } from './secrets/known-secrets.ts'

export type InspectOptions = {
  /** the tenant's own patterns; their signals are `pattern.<name>` */
  readonly patterns: CompiledPatterns | null
  readonly oversize: GroupSettings['oversize']
  /** keyed fingerprints of secrets that were lent or seen: finds them whatever their form; null where there are none */
  readonly knownSecrets: SecretSearch | null
}
