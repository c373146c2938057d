export {
  AccessGroupId,
  AgentId,
  ApprovalId,
  BootId,
  ConnectionId,
  DecisionId,
  DirectoryId,
  DomainId,
  formatId,
  GrantId,
  HoldId,
  HumanId,
  NodeId,
  OverrideId,
  OutletId,
  PackId,
  PolicyId,
  SessionId,
  Slug,
  SsoConnectionId,
  SubjectKeyId,
  TenantId,
} from './id.ts'
export type { IdPrefix } from './id.ts'
export type { Json, JsonObject } from './json.ts'
export {
  Action,
  ActionClass,
  ActionClassSource,
  Channel,
  Direction,
  OPEN_METHODS,
  PinStanding,
  RecordedAction,
} from './action.ts'
export type { Caller } from './principal.ts'
export { HookClient, HookMoment, LOCAL_KINDS, LocalFact, RecordedLocal } from './local-action.ts'
export type { LocalAction } from './local-action.ts'
export { OsvAdvisory, PackageEcosystem, PackageIntelligence } from './packages.ts'
export { mayDo, Permission, PERMISSIONS, Role } from './role.ts'
export {
  Comparison,
  Condition,
  Count,
  Duration,
  Operand,
  Operator,
  Path,
  PATH_ROOTS,
  secondsOf,
  Selection,
  Sum,
} from './condition.ts'
export { Effect, Label, Outcome, PolicyMode, Rewriting } from './effect.ts'
export { GroupSettings, Patterns, PolicyDocument, Rule } from './policy.ts'
export { PolicyTest, TestEvent } from './policy-test.ts'
export { PRINT_LENGTH, Provenance, readSessionState } from './session-state.ts'
export { SESSION_CAPS, SESSION_KEPT_MS, SessionState } from './session-state.ts'
export { RuleMatch } from './decision.ts'
export type { Decision, Finding, PrincipalFacts, Question } from './decision.ts'
export { ApiDescription, ApiOperation, ApiParameter } from './http-api.ts'
export { Network, UPSTREAM_BY_DEFAULT, UpstreamSettings, UpstreamState } from './upstream.ts'
export { AnyUrl, urlOf } from './url.ts'
export { isRefusal, Refusal, REFUSALS } from './refusal.ts'
export type { RefusalCode } from './refusal.ts'
export {
  Disclosure,
  isSealed,
  legibleName,
  PersonName,
  RecordedErasure,
  Sealed,
  SubjectKey,
} from './sealed.ts'
export {
  Administration,
  AuditRecord,
  batchStatement,
  headStatement,
  LostRange,
  RecordedDecision,
  RecordedFinding,
  RecordedGap,
  RecordFlag,
  STREAM_START,
  StreamBatch,
  StreamHead,
  StreamId,
  streamIdOf,
} from './record.ts'
export { BundleAgent, BundleHuman, Roster, RosterPart, RosterPartAnswer } from './roster.ts'
export {
  Bundle,
  BundleChange,
  BundleConnection,
  BundleHooks,
  BundleKey,
  BundleOverride,
  BundlePolicy,
  BundleTool,
  CredentialPlace,
  Durability,
  Excerpts,
  Heartbeat,
  HOOKS_BY_DEFAULT,
} from './bundle.ts'
export {
  ACCESS_TOKEN_TYPE,
  AccessTokenClaims,
  Actor,
  CLIENT_ASSERTION_TYPE,
  EnrolmentAnswer,
  EnrolmentRequest,
  MAX_ACTORS,
  PROOF_TYPE,
  ProofClaims,
  PublicJwk,
  TokenAnswer,
  ToolAuthorization,
  ToolAuthorizations,
} from './token.ts'
export {
  DELEGATION_TYPE,
  DeviceAuthorizationAnswer,
  GRANT_TYPES,
  GrantView,
  IntrospectionAnswer,
  ROTATION_TYPE,
  RotationAnswer,
  RotationRequest,
  SessionView,
  SigningKeyRotation,
  SigningKeyView,
  TOKEN_TYPES,
  TokenRevocation,
} from './authority.ts'
export {
  ApprovalAnswer,
  ApprovalClaim,
  BundleAcknowledgement,
  BundleAnswer,
  CatalogueReport,
  ChangesAnswer,
  CONTENT_KEY_TYPE,
  ContentKeyAnswer,
  ContentKeyRequest,
  ContentKeySecret,
  DeviceJoinAnswer,
  DeviceJoinRequest,
  HeadsAnswer,
  HeadsRequest,
  JoinAnswer,
  JoinRequest,
  LeaseAnswer,
  LeaseRequest,
  LeaseSecret,
  nodeStatement,
  PackagesAnswer,
  SeenDefinition,
  SessionEnd,
  UpstreamReport,
} from './node.ts'
export { pageOf, Problem } from './api/problem.ts'
export {
  ApiKeyId,
  ApiKeyView,
  CreatedApiKey,
  CreatedTenant,
  DeletedTenant,
  NewApiKey,
  NewTenant,
  TenantDeletion,
  TenantLimits,
  TenantLimitsChange,
  TenantSettings,
  TenantSettingsChange,
  TenantView,
  UpstreamNetworks,
} from './api/tenants.ts'
export {
  AgentView,
  EnrolmentToken,
  ErasedHuman,
  HumanErasure,
  HumanView,
  NewAgent,
  NewHuman,
} from './api/agents.ts'
export {
  CreatedDirectory,
  DirectoryView,
  DomainView,
  HumanIdentity,
  HumanRoles,
  NewDirectory,
  NewDomain,
  NewHumanIdentity,
  NewOwnerLink,
  NewSsoConnection,
  OwnerLink,
  SsoConnectionChange,
  SsoConnectionView,
} from './api/people.ts'
export { AccessGroupChange, AccessGroupView, Membership, NewAccessGroup } from './api/access-groups.ts'
export {
  ExplainAnswer,
  ExplainRequest,
  PastEvent,
  NewPolicy,
  PolicyChange,
  PolicyLintAnswer,
  PolicyLintRequest,
  PolicyReplacement,
  PolicyReplayAnswer,
  PolicyReplayRequest,
  PolicyTestAnswer,
  PolicyTestRequest,
  PolicyView,
  RuleTrace,
} from './api/policies.ts'
export {
  ConnectionApi,
  ConnectionChange,
  ConnectionHealth,
  ConnectionView,
  NewConnection,
  NewCredential,
  Pinning,
} from './api/connections.ts'
export { NewOverride, OverrideView } from './api/overrides.ts'
export {
  CheckpointQuery,
  CheckpointView,
  ConsistencyProof,
  ConsistencyQuery,
  GlobalProof,
  InclusionProof,
  InclusionQuery,
  LogView,
  NewLogKey,
  OpenedEpoch,
} from './api/transparency.ts'
export { ApprovalState, ApprovalView } from './api/approvals.ts'
export { DeviceView, HooksChange, PackagesView } from './api/devices.ts'
export { AllToolsApproval, ToolApproval, ToolDrift, ToolStanding, ToolView } from './api/tools.ts'
export { Moment, PlaceInQuery, wholeNumber } from './api/query.ts'
export {
  CountedField,
  Evidence,
  Fault,
  RecordCountQuery,
  RecordCounts,
  RecordFilter,
  RecordOrder,
  RecordQuery,
  RecordTimes,
  RecordTimesQuery,
  RecordView,
  Verification,
} from './api/records.ts'
export { DecisionStory, Lineage, LineageQuery, RecordLine } from './api/lineage.ts'
export { HoldRelease, HoldView, NewHold, RetentionChange, RetentionView } from './api/retention.ts'
export { PackKind, PackQuery, PackState, PackView } from './api/packs.ts'
export { FindingQuery, FindingView } from './api/findings.ts'
export {
  CreatedOutlet,
  NewOutlet,
  OutletChange,
  OutletDeadLetter,
  OutletFailure,
  OutletFailureCode,
  OutletRedrive,
  OutletStatus,
  OutletTarget,
  OutletView,
} from './api/outlets.ts'
export { JsonObjectSchema, JsonSchema } from './api/json.ts'
export {
  Governance,
  INVENTORY_CAPS,
  InventoryAddition,
  InventoryAgent,
  InventoryChange,
  InventoryClient,
  InventoryCredential,
  InventoryFinding,
  InventoryFindingCode,
  InventoryHook,
  InventoryManaged,
  InventoryPlace,
  InventoryProblem,
  InventoryProcess,
  InventoryReport,
  InventoryScope,
  InventoryServer,
  InventorySummary,
  InventoryView,
} from './api/inventory.ts'
