import type { RecordedFinding } from '@writ/contracts'
import type { Sight } from './sight.ts'

/** How far clocks of two machines may be apart. */
export const SKEW_MS = 30_000
/** How long a call that a hook let out may take until a gateway sees it. */
export const UNDER_WAY_MS = 120_000

/** One session as all channels saw it, in the order of time, around what is asked about. */
export type History = {
  readonly sights: readonly Sight[]
  /** what is judged now; the others are there to compare with */
  readonly isAsked: (sight: Sight) => boolean
  /** whether hooks of a client, and not only the sandbox, ever told of this session */
  readonly hasHooks: boolean
  /** connections of the tenant, by name */
  readonly connections: ReadonlySet<string>
  /** whether records of that side and time are known to be missing, or may still be on their way: then nothing is said */
  readonly mayMiss: (side: 'device' | 'gateway', fromMs: number, toMs: number) => boolean
}

/** `fact`: what it is about; of two with one fact the first counts. */
export type Found = { readonly fact: string; readonly about: Sight; readonly finding: RecordedFinding }
