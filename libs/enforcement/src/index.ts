export { createSteps } from './create-steps.ts'
export type { StepPorts } from './create-steps.ts'
export { currentBundleOf } from './current-bundle.ts'
export { mediate } from './mediate.ts'
export type { Steps } from './mediate.ts'
export type {
  ApprovalDesk,
  Brakes,
  BundleSource,
  Clock,
  ContentKeySource,
  CredentialBroker,
  Ledger,
  Scrubber,
  SeenDefinitions,
  SeenPin,
  SessionEnder,
  TenantName,
  UpstreamClient,
} from './ports.ts'
export type { DecidePorts } from './steps/decide.ts'
export { SESSION_KEPT_MS } from './session-store.ts'
export type { SessionKey, SessionStore } from './session-store.ts'
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
  Wait,
} from './stages.ts'
