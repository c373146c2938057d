import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  extendStream,
  openBatch,
  rawPublicKey,
  sealRecord,
  signBatch,
  signHead,
  startOfStream,
} from '@writ/audit'
import type { NodeKind, OpenedBatch, RecordFields, SealedRecord } from '@writ/audit'
import { AccessGroupId, BootId, formatId, NodeId, streamIdOf, TenantId } from '@writ/contracts'
import type { IdPrefix, StreamBatch, StreamHead, StreamId } from '@writ/contracts'
import { AccessGroup } from './entities/access-group.entity.ts'
import { Tenant } from './entities/tenant.entity.ts'
import type { TenantScope } from './tenant-scope.ts'
import type { TestDatabase } from './test-database.ts'

export const testId = <P extends IdPrefix>(prefix: P): `${P}_${string}` =>
  formatId(prefix, Date.now(), randomBytes(10))

export type TestNode = { readonly id: NodeId; readonly publicKey: string; readonly privateKey: KeyObject }

export function createTestNode(): TestNode {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { id: NodeId.parse(testId('nod')), publicKey: rawPublicKey(privateKey), privateKey }
}

/** A stream of records as a gateway would have written it. */
export type TestStream = {
  readonly id: StreamId
  readonly tenant: TenantId
  /** the signed batch of the records from `fromSeq` to before `toSeq` */
  readonly batch: (fromSeq: number, toSeq: number) => StreamBatch
  /** the same, as the worker hands it to the ledger */
  readonly opened: (fromSeq: number, toSeq: number) => OpenedBatch
  readonly head: (nextSeq: number, at?: string) => StreamHead
  /** another history of the same stream, signed by the same node */
  readonly fork: () => TestStream
}

/** @param fields what differs in every record, by its sequence number */
export function createTestStream(
  node: TestNode,
  tenant: TenantId,
  length: number,
  fields: (seq: number) => Partial<RecordFields> = () => ({}),
): TestStream {
  const id = streamIdOf(node.id, BootId.parse(testId('boo')), tenant)
  return streamOf(node, tenant, id, (seq) =>
    seq < length ? { ...fieldsOf(node, tenant), ...fields(seq) } : null,
  )
}

type FieldsAt = (seq: number) => RecordFields | null

function streamOf(node: TestNode, tenant: TenantId, id: StreamId, fieldsAt: FieldsAt): TestStream {
  const sealed = sealAll(id, fieldsAt)
  const hashBefore = (seq: number): string => (seq === 0 ? startOfStream(id).prev : sealed[seq - 1]!.sha256)
  const batch = (fromSeq: number, toSeq: number): StreamBatch => {
    const records = sealed.slice(fromSeq, toSeq).map((record) => record.bytes)
    const unsigned = { stream: id, tenant, node: node.id, fromSeq, records, headHash: hashBefore(toSeq) }
    return signBatch(unsigned, node.privateKey)
  }
  return {
    id,
    tenant,
    batch,
    opened: (fromSeq, toSeq) => open(batch(fromSeq, toSeq), node),
    head: (nextSeq, at = '2026-01-02T03:04:05.006Z') =>
      signHead({ stream: id, nextSeq, headHash: hashBefore(nextSeq), at }, node.privateKey),
    fork: () => streamOf(node, tenant, id, fieldsAt),
  }
}

function sealAll(id: StreamId, fieldsAt: FieldsAt): SealedRecord[] {
  const sealed: SealedRecord[] = []
  let position = startOfStream(id)
  for (let fields = fieldsAt(0); fields !== null; fields = fieldsAt(sealed.length)) {
    const record = sealRecord(fields, position)
    sealed.push(record)
    position = extendStream(position, record.sha256)
  }
  return sealed
}

function open(batch: StreamBatch, node: TestNode): OpenedBatch {
  const records = openBatch(batch, node.publicKey)
  if ('check' in records) throw new Error(records.message)
  return { batch, records }
}

function fieldsOf(node: TestNode, tenant: TenantId): RecordFields {
  return {
    kind: 'closed',
    decisionId: testId('dec'),
    tenant,
    at: '2026-01-02T03:04:05.006Z',
    channel: 'gateway',
    human: { id: testId('hum'), name: 'Ada' },
    agent: { id: testId('agt'), name: 'researcher' },
    delegators: [],
    session: testId('ses'),
    keyThumbprint: null,
    connection: { id: testId('con'), name: 'demo' },
    action: {
      method: 'tools/call',
      tool: 'search',
      class: 'read.private',
      classSource: 'catalogue',
      resource: 'search',
    },
    outcome: 'allow',
    refusal: null,
    outbound: null,
    inbound: null,
    bundle: null,
    credential: null,
    request: null,
    response: null,
    administration: null,
    local: null,
    finding: null,
    durationMicros: 1200,
    gateway: { node: node.id, build: 'test' },
  }
}

/** A tenant with its default group, as the control plane makes it. */
export async function insertTestTenant(scope: TenantScope, slug: string): Promise<TenantId> {
  const tenantId = TenantId.parse(testId('ten'))
  const defaultGroupId = AccessGroupId.parse(testId('grp'))
  await scope.run(tenantId, async (manager) => {
    await manager.insert(Tenant, { id: tenantId, slug, name: slug, defaultGroupId })
    await manager.insert(AccessGroup, { tenantId, id: defaultGroupId, name: 'default', isDefault: true })
  })
  return tenantId
}

/** A node that has joined. */
export async function insertTestNode(
  database: TestDatabase,
  node: TestNode,
  kind: NodeKind = 'gateway',
): Promise<void> {
  await database.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind)
       values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test', $3)`,
    [node.id, node.publicKey, kind],
  )
}
