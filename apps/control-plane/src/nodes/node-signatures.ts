import { createHash } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { statementHolds } from '@writ/audit'
import { nodeStatement } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { DeviceRow, EndorsedNode, NodeRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { unauthorized } from '../http/problem.ts'
import { slugOf } from '../http/request.ts'
import type { RimRequest, Seal } from '../http/request.ts'
import { deviceOf, Endorsements, gatewayOf } from './endorsements.ts'

const CLOCK_WINDOW_MS = 60_000
const SEEN_EVERY_MS = 15_000

/**
 * Checks the signature that a joined node puts on each request (contracts, `nodeStatement`): of a gateway on its wire, of a device on that of
 * its tenant. A node is only what was endorsed when it joined.
 */
@Injectable()
export class NodeSignatures {
  /** nodes that were said to be none of ours */
  readonly #said = new Set<string>()

  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly endorsements: Endorsements,
    private readonly faults: Faults,
  ) {}

  /** @throws one and the same 401 for every way in which a request is not one of a gateway */
  async verify(request: RimRequest): Promise<NodeRow> {
    // A body that was read has passed its seal already.
    if (!request.node) (await this.sealOf(request))(request.rawBody ?? new Uint8Array())
    return this.#seen(request.node)
  }

  /** @throws the same 401 for every way in which a request is not one of a device of the tenant that its path names */
  async verifyDevice(request: RimRequest): Promise<DeviceRow> {
    if (!request.device) (await this.deviceSealOf(request))(request.rawBody ?? new Uint8Array())
    return this.#seen(request.device)
  }

  /** Checks all that can be checked before the body is there. The seal then names the gateway. @throws 401 */
  sealOf(request: RimRequest): Promise<Seal> {
    return this.#sealBy(request, 'node', {
      find: (id) => this.platform.nodeById(id),
      endorsed: gatewayOf,
    })
  }

  /** The same for a device. */
  deviceSealOf(request: RimRequest): Promise<Seal> {
    return this.#sealBy(request, 'device', {
      find: (id) => this.platform.deviceById(id, slugOf(request)),
      endorsed: deviceOf,
    })
  }

  async #sealBy<Kind extends 'node' | 'device'>(
    request: RimRequest,
    kind: Kind,
    { find, endorsed }: Reading<NonNullable<RimRequest[Kind]>>,
  ): Promise<Seal> {
    const sent = signatureOf(request)
    if (!sent || Math.abs(this.clock.nowMs() - sent.atMs) > CLOCK_WINDOW_MS) throw unauthorized()
    const node = await find(sent.node)
    if (!node) throw unauthorized()
    return (rawBody) => {
      if (!statementHolds(statementOf(request, sent.atMs, rawBody), sent.signature, node.publicKey))
        throw unauthorized()
      this.#requireEndorsed(endorsed(node), node)
      Object.assign(request, { [kind]: node })
    }
  }

  #requireEndorsed(node: EndorsedNode, { id, endorsement }: NodeRow): void {
    if (this.endorsements.holds(node, endorsement)) return
    if (!this.#said.has(id))
      this.faults.report(`the node ${id} in the database was not let in by us: nothing is given to it`, null)
    this.#said.add(id)
    throw unauthorized()
  }

  async #seen<Row extends NodeRow>(node: Row | undefined): Promise<Row> {
    if (!node) throw unauthorized()
    if (this.clock.nowMs() - node.lastSeenAt.getTime() > SEEN_EVERY_MS) await this.platform.nodeSeen(node.id)
    return node
  }
}

/** How a node is found, and what must have been endorsed of it. */
type Reading<Row extends NodeRow> = {
  readonly find: (id: string) => Promise<Row | null>
  readonly endorsed: (row: Row) => EndorsedNode
}

const SIGNATURE = /^(nod_[0-9A-HJKMNP-TV-Z]{26})\.(\d{13})\.([A-Za-z0-9_-]{86})$/

function signatureOf({ raw }: RimRequest): { node: string; atMs: number; signature: string } | null {
  const fields = raw.headersDistinct['writ-node'] ?? []
  const [, node, atMs, signature] = (fields.length === 1 && SIGNATURE.exec(fields[0] ?? '')) || []
  return node && atMs && signature ? { node, atMs: Number(atMs), signature } : null
}

// The path is signed as it stands on the request line, query included.
const statementOf = ({ raw }: RimRequest, atMs: number, rawBody: Uint8Array): string =>
  nodeStatement({
    method: raw.method ?? '',
    path: raw.url ?? '',
    atMs,
    bodySha256: createHash('sha256').update(rawBody).digest('base64url'),
  })
