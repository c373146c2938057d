import type { Answer, Brakes, Clock, Ledger, Received, Steps } from '@writ/enforcement'
import type { GatewayConfig } from '../config.ts'
import type { CompositionPorts } from './composed.ts'
import { compose } from './composition.ts'
import { createNameMemory } from './name-memory.ts'
import { createCompositionSeal } from './seal.ts'

export type CompositionMeans = Pick<CompositionPorts, 'mediate' | 'newDecisionId'> & {
  readonly steps: Steps
  readonly ledger: Ledger
  readonly clock: Clock
  readonly brakes: Brakes
}

/** What answers at `/{tenant}/mcp`. */
export function openComposition(
  config: Pick<GatewayConfig, 'composition' | 'joinSecret' | 'build' | 'requestLimits'>,
  means: CompositionMeans,
): (received: Received) => Promise<Answer> {
  const composition = {
    ...means,
    seal: createCompositionSeal(config.joinSecret),
    names: createNameMemory(),
    settings: config.composition,
    build: config.build,
    requestLimits: config.requestLimits,
  }
  return (received) => compose(received, composition)
}
