import { createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { signStatement } from '@writ/audit'
import {
  ApprovalAnswer,
  BundleAnswer,
  ChangesAnswer,
  ContentKeyAnswer,
  HeadsAnswer,
  LeaseAnswer,
  nodeStatement,
  PackagesAnswer,
  RosterPartAnswer,
} from '@writ/contracts'
import type {
  ApprovalClaim,
  BundleAcknowledgement,
  CatalogueReport,
  LeaseRequest,
  NodeId,
  SessionEnd,
  SessionId,
  StreamBatch,
  StreamHead,
  StreamId,
  UpstreamReport,
} from '@writ/contracts'
import type { z } from 'zod'
import type { ControlPlaneHttp, HttpAnswer } from './control-plane-http.ts'
import { ControlPlaneAway } from './control-plane-http.ts'

/** The control plane as an enforcement point sees it. Each call rejects with `ControlPlaneAway` when it was not done. */
export type ControlPlaneClient = {
  readonly changes: (after: number, waitSeconds: number, signal: AbortSignal) => Promise<ChangesAnswer>
  /** the signed bundle; null when there is no such tenant */
  readonly bundle: (slug: string) => Promise<string | null>
  /** the bytes of a part of a roster, which a bundle names by its hash */
  readonly rosterPart: (slug: string, sha256: string) => Promise<string>
  readonly acknowledge: (acknowledgement: BundleAcknowledgement) => Promise<void>
  readonly sendBatch: (batch: StreamBatch) => Promise<void>
  /** @param streams others, whose watermarks are asked for too */
  readonly sendHeads: (heads: readonly StreamHead[], streams?: readonly StreamId[]) => Promise<HeadsAnswer>
  /** a compact JWE that only this point opens */
  readonly lease: (request: LeaseRequest) => Promise<string>
  /** held for as long as the claim says that it waits, and no longer than the agent does */
  readonly claimApproval: (claim: ApprovalClaim, hangUp: AbortSignal) => Promise<ApprovalAnswer>
  readonly endSession: (session: SessionId, said: SessionEnd) => Promise<void>
  /** a compact JWE that only this point opens */
  readonly contentKey: (tenantSlug: string) => Promise<string>
  /** the signed document on packages that a bundle names by its hash, for devices */
  readonly packages: (sha256: string) => Promise<string>
  readonly reportCatalogue: (report: CatalogueReport) => Promise<void>
  readonly reportUpstream: (report: UpstreamReport) => Promise<void>
}

export type ClientPorts = {
  readonly http: ControlPlaneHttp
  readonly node: () => NodeId | null
  readonly nodeKey: KeyObject
  /** where the control plane serves points of this kind, e.g. `/internal/v1` */
  readonly prefix: string
  readonly nowMs: () => number
}

const TIMEOUT_MS = 10_000

/** Every request is signed with the node key, over its method, path, time and body. */
export function createControlPlaneClient(ports: ClientPorts): ControlPlaneClient {
  const get = (path: string, timeoutMs: number, signal?: AbortSignal) =>
    send(ports, { method: 'GET', path, body: '', timeoutMs, ...(signal ? { signal } : {}) })
  const post = (path: string, content: unknown, held: Partial<Pick<Sent, 'timeoutMs' | 'signal'>> = {}) =>
    send(ports, {
      method: 'POST',
      path,
      body: JSON.stringify(content),
      timeoutMs: TIMEOUT_MS,
      ...held,
    })
  return {
    changes: async (after, waitSeconds, signal) => {
      const path = `/changes?after=${after}&waitSeconds=${waitSeconds}`
      return read(ChangesAnswer, await get(path, TIMEOUT_MS + waitSeconds * 1000, signal))
    },
    bundle: async (slug) => {
      const answer = await get(`/bundles/${slug}`, TIMEOUT_MS)
      return answer.status === 404 ? null : read(BundleAnswer, answer).bundle
    },
    rosterPart: async (slug, sha256) =>
      read(RosterPartAnswer, await get(`/bundles/${slug}/parts/${sha256}`, TIMEOUT_MS)).part,
    acknowledge: async (acknowledgement) => done(await post('/acknowledgements', acknowledgement)),
    sendBatch: async (batch) => done(await post('/batches', batch)),
    sendHeads: async (heads, streams) => read(HeadsAnswer, await post('/heads', { heads, streams })),
    lease: async (request) => read(LeaseAnswer, await post('/leases', request)).lease,
    claimApproval: async (claim, signal) => {
      const timeoutMs = TIMEOUT_MS + claim.waitSeconds * 1000
      return read(ApprovalAnswer, await post('/approvals', claim, { timeoutMs, signal }))
    },
    endSession: async (session, said) => done(await post(`/sessions/${session}/end`, said)),
    contentKey: async (tenant) => read(ContentKeyAnswer, await post('/content-keys', { tenant })).sealed,
    packages: async (sha256) => read(PackagesAnswer, await get(`/packages/${sha256}`, TIMEOUT_MS)).packages,
    reportCatalogue: async (report) => done(await post('/catalogues', report)),
    reportUpstream: async (report) => done(await post('/upstreams', report)),
  }
}

type Sent = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

function send(ports: ClientPorts, sent: Sent): Promise<HttpAnswer> {
  const node = ports.node()
  if (node === null) return Promise.reject(new ControlPlaneAway('this point has not joined yet'))
  const path = `${ports.prefix}${sent.path}`
  const atMs = ports.nowMs()
  const bodySha256 = createHash('sha256').update(sent.body).digest('base64url')
  const statement = nodeStatement({ method: sent.method, path, atMs, bodySha256 })
  const signature = signStatement(statement, ports.nodeKey)
  return ports.http.send({ ...sent, path, headers: { 'writ-node': `${node}.${atMs}.${signature}` } })
}

function done({ status }: HttpAnswer): void {
  if (status >= 300) throw new ControlPlaneAway(`the control plane answered with ${status}`, status)
}

function read<Schema extends z.ZodType>(schema: Schema, answer: HttpAnswer): z.output<Schema> {
  done(answer)
  const content = schema.safeParse(parsed(answer.body))
  if (!content.success)
    throw new ControlPlaneAway('the control plane answered with something else', answer.status)
  return content.data
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    return null
  }
}
