export { createSteps } from './create-steps.ts'
export type { StepPorts } from './create-steps.ts'
export { currentBundleOf } from './current-bundle.ts'
export { mediate } from './mediate.ts'
export type { Steps } from './mediate.ts'
export type { BundleSource, Clock, CredentialBroker, Ledger, Scrubber, UpstreamClient } from './ports.ts'
export { allow } from './stages.ts'
export type {
  Allowed,
  Answer,
  Asked,
  CurrentBundle,
  DenyingRule,
  Entry,
  Frame,
  HeaderFields,
  Judged,
  Lease,
  Received,
  StreamEvent,
  UpstreamAnswer,
  Verified,
} from './stages.ts'
