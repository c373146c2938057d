export { openDatabase } from './data-source.ts'
export type { Database, DatabaseSettings } from './data-source.ts'
export { createTenantScope, TenantScope } from './tenant-scope.ts'
export { releaseSlug } from './slugs.ts'
export { TenantBusy } from './turns.ts'
export type { TurnLimits } from './turns.ts'
export { PlatformQueries } from './platform-queries.ts'
export { OutletQueries } from './outlet-queries.ts'
export type { DueOutlet, OutletStanding } from './outlet-queries.ts'
export type {
  ApiKeyRow,
  BundleHead,
  BundleVersion,
  DeviceRow,
  EndorsedNode,
  IndexStandingRow,
  NewNode,
  NodeRow,
  PackToWork,
  PendingChange,
  PlatformKey,
  TenantRow,
  UnsealedTenant,
  Watermark,
} from './platform-rows.ts'
export { announceBundle, mintBundleVersion } from './outbox.ts'
export { ingestBatch, nextSeqOf } from './ledger.ts'
export type { Ingestion, OpenedBatch } from '@writ/audit'
export { pendingRecords, recordHead } from './heads.ts'
export type { HeadOutcome } from './heads.ts'
export { DamagedRecord, queryRecords, recordAt, recordOf, viewOf } from './records.ts'
export type { RecordPage } from './records.ts'
export { recordConditions } from './record-conditions.ts'
export type { Conditions } from './record-conditions.ts'
export { leavesAt, newestLeaves, searchLeaves } from './record-search.ts'
export type { FoundLeaf, FoundPage } from './record-search.ts'
export { countRecords, timesOfRecords } from './record-counts.ts'
export { createAuditIndex, createAuditLedger } from './record-index.ts'
export { readEvidence, sizeOfEvidence } from './evidence.ts'
export type { EvidenceSize } from './evidence.ts'
export { quarantine, quarantineRecord } from './quarantine.ts'
export type { QuarantineReason } from './quarantine.ts'
export { addGlobalLeaf, globalLeaf } from './global-log.ts'
export { keepTrust, latestTrust, removedLeaves } from './log-notices.ts'
export { archivedSize, checkpointsOf, latestCheckpoint, tileReader, treeStoreOf } from './trees.ts'
export type {
  CheckpointRow,
  ForkRow,
  LeafRow,
  NewCheckpoint,
  TreeKind,
  TreeState,
  TreeStore,
} from './trees.ts'
export { migrate } from './migrate.ts'
export type { MigrateSettings } from './migrate.ts'
export { AccessGroup } from './entities/access-group.entity.ts'
export { Agent } from './entities/agent.entity.ts'
export { ApiKey } from './entities/api-key.entity.ts'
export { Approval } from './entities/approval.entity.ts'
export { BundleAcknowledgementRow } from './entities/bundle-acknowledgement.entity.ts'
export { BundleRow } from './entities/bundle.entity.ts'
export { Connection } from './entities/connection.entity.ts'
export { EnrolmentTokenRow } from './entities/enrolment-token.entity.ts'
export { GroupAgent } from './entities/group-agent.entity.ts'
export { GroupConnection } from './entities/group-connection.entity.ts'
export { GroupHuman } from './entities/group-human.entity.ts'
export { GroupPolicy } from './entities/group-policy.entity.ts'
export { Human } from './entities/human.entity.ts'
export { Override } from './entities/override.entity.ts'
export { Policy } from './entities/policy.entity.ts'
export { PolicyVersion } from './entities/policy-version.entity.ts'
export { Session } from './entities/session.entity.ts'
export { SigningKey } from './entities/signing-key.entity.ts'
export { TenantKey } from './entities/tenant-key.entity.ts'
export { Tenant } from './entities/tenant.entity.ts'
export { ToolDefinition } from './entities/tool-definition.entity.ts'
export { UsedProof } from './entities/used-proof.entity.ts'
