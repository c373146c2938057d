export { createSteps } from './create-steps.ts'
export type { StepPorts } from './create-steps.ts'
export { currentBundleOf } from './current-bundle.ts'
export { signalOf } from './hang-up.ts'
export type { HangUp } from './hang-up.ts'
export { mediateHook } from './hook/mediate-hook.ts'
export type { HookEntry, HookSteps } from './hook/mediate-hook.ts'
export type { Acting, HookAnswer, HookAsk } from './hook/stages.ts'
export { createHookSteps } from './hook/create-hook-steps.ts'
export type { HookPorts } from './hook/create-hook-steps.ts'
export { actingAs } from './hook/acting.ts'
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
export type { SessionKey, SessionStore } from './session-store.ts'
export { allow } from './stages.ts'
export type {
  Allowed,
  Answer,
  AnyEntry,
  Arrived,
  Asked,
  Asking,
  CurrentBundle,
  DenyingRule,
  Entry,
  Frame,
  HeaderFields,
  Judged,
  Lease,
  Place,
  Received,
  StreamEvent,
  UpstreamAnswer,
  Verified,
  Wait,
} from './stages.ts'
