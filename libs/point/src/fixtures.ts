export { createGate, until } from './gate.fixture.ts'
export type { Gate } from './gate.fixture.ts'
export {
  bundleOf,
  callerOf,
  connectionOf,
  FORGER,
  id,
  KEYS,
  receivedOf,
  sealedBeat,
  sealedBundle,
  SIGNER,
} from './sample.fixture.ts'
