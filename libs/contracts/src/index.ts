export {
  AccessGroupId,
  AgentId,
  BootId,
  ConnectionId,
  DecisionId,
  formatId,
  HumanId,
  NodeId,
  PolicyId,
  SessionId,
  Slug,
  TenantId,
} from './id.ts'
export type { IdPrefix } from './id.ts'
export type { Json, JsonObject } from './json.ts'
export { Action, ActionClass, ActionClassSource, Channel, Direction } from './action.ts'
export type { Caller } from './principal.ts'
export {
  Comparison,
  Condition,
  Effect,
  Operand,
  Operator,
  PATH_ROOTS,
  PolicyDocument,
  PolicyMode,
  Rewriting,
  Rule,
} from './policy.ts'
export { Outcome, RuleMatch } from './decision.ts'
export type { Decision, Finding, Question } from './decision.ts'
export { isRefusal, Refusal, REFUSALS } from './refusal.ts'
export type { RefusalCode } from './refusal.ts'
export {
  AuditRecord,
  batchStatement,
  headStatement,
  RecordedDecision,
  STREAM_START,
  StreamBatch,
  StreamHead,
  StreamId,
  streamIdOf,
} from './record.ts'
export {
  Bundle,
  BundleChange,
  BundleConnection,
  BundleKey,
  BundlePolicy,
  CredentialPlace,
  Heartbeat,
} from './bundle.ts'
export {
  ACCESS_TOKEN_TYPE,
  AccessTokenClaims,
  CLIENT_ASSERTION_TYPE,
  EnrolmentAnswer,
  EnrolmentRequest,
  PROOF_TYPE,
  ProofClaims,
  PublicJwk,
  TokenAnswer,
} from './token.ts'
export {
  BundleAcknowledgement,
  BundleAnswer,
  ChangesAnswer,
  HeadsAnswer,
  HeadsRequest,
  JoinAnswer,
  JoinRequest,
  LeaseAnswer,
  LeaseRequest,
  LeaseSecret,
  nodeStatement,
} from './node.ts'
export { pageOf, Problem } from './api/problem.ts'
export {
  ApiKeyId,
  ApiKeyView,
  CreatedApiKey,
  CreatedTenant,
  NewApiKey,
  NewTenant,
  Role,
  TenantView,
} from './api/tenants.ts'
export { AgentView, EnrolmentToken, HumanView, NewAgent, NewHuman } from './api/agents.ts'
export { AccessGroupView, Membership, NewAccessGroup } from './api/access-groups.ts'
export { ExplainAnswer, ExplainRequest, NewPolicy, PolicyChange, PolicyView } from './api/policies.ts'
export { ConnectionChange, ConnectionView, NewConnection, NewCredential } from './api/connections.ts'
export { Evidence, Fault, RecordQuery, RecordView, Verification } from './api/records.ts'
export { JsonObjectSchema, JsonSchema } from './api/json.ts'
