import { Injectable } from '@nestjs/common'
import { isRefusal } from '@writ/contracts'
import type { AgentId, DeviceJoinAnswer, DeviceJoinRequest, NodeId } from '@writ/contracts'
import { verifyProof } from '@writ/identity'
import { Administrations } from '../administration/administrations.ts'
import { proofRefused } from '../authority/enrolment.service.ts'
import { AuthorityNonces } from '../authority/nonces.ts'
import type { SignedRequest } from '../authority/signed-request.ts'
import { replayGuardOf } from '../authority/used-proofs.ts'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { Clock } from '../clock.ts'
import { conflict, forbidden } from '../http/problem.ts'
import { newId } from '../ids-and-secrets.ts'
import { deviceOf, Endorsements } from '../nodes/endorsements.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Machines of one agent that were not revoked; a program that makes a new node key at every start finds an end here. */
const MOST_DEVICES = 1000

/** Makes a node of the machine of an enrolled agent, for the tenant and the agent that its identity key belongs to. */
@Injectable()
export class DeviceJoinService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly nonces: AuthorityNonces,
    private readonly bundleKeys: BundleKeys,
    private readonly administrations: Administrations,
    private readonly endorsements: Endorsements,
  ) {}

  /**
   * A machine that joins again with the same node key is the same device.
   * @throws 401 for a proof that does not hold, 403 for an agent that does not count and for a node key that is in use elsewhere
   */
  async join(db: TenantDb, asked: DeviceJoinRequest, signed: SignedRequest): Promise<DeviceJoinAnswer> {
    const agent = await agentOf(db, await this.#identityThumbprint(db, signed))
    const machine = { ...asked, agent: agent.id, now: new Date(this.clock.nowMs()) }
    const node = (await findAgain(db, machine)) ?? (await this.#addNew(db, machine, agent))
    const { publicKey, leaseKey } = asked
    const device = deviceOf({ id: node, publicKey, leaseKey, tenantId: db.tenant.id, agentId: agent.id })
    await db.rows("update writ.nodes set endorsement = $3 where $1 <> '' and id = $2", [
      node,
      this.endorsements.of(device),
    ])
    return {
      node,
      bundleKeys: await this.bundleKeys.trusted(),
      tenant: { id: db.tenant.id, slug: db.tenant.slug },
      agent: agent.id,
    }
  }

  async #identityThumbprint(db: TenantDb, signed: SignedRequest): Promise<string> {
    const nonces = this.nonces.enrolment
    const resource = this.settings.deviceJoinEndpointOf(db.tenant.slug)
    const ports = { replay: replayGuardOf(db), nonces, nowMs: this.clock.nowMs() }
    const presented = { ...signed, verb: 'POST', resource, bodyDigestRequired: true }
    const key = await verifyProof(presented, ports)
    if (isRefusal(key)) throw proofRefused(key, nonces.current())
    return key.keyThumbprint
  }

  async #addNew(db: TenantDb, machine: Machine, by: JoiningAgent): Promise<NodeId> {
    await requireRoom(db, machine.agent)
    const node = await addDevice(db, newId('nod', machine.now.getTime()), machine)
    await this.administrations.record(db, {
      permission: 'device',
      route: 'POST /t/{slug}/device/v1/join',
      by: { kind: 'agent', ...by },
      target: node,
      before: null,
      after: { name: machine.name, build: machine.build },
    })
    return node
  }
}

type JoiningAgent = { readonly id: AgentId; readonly name: string }
type Machine = DeviceJoinRequest & { readonly agent: AgentId; readonly now: Date }

/** By the key that is bound now, not the one before it: whoever is left with that one joins nothing. Locked: an enrolment at this moment comes before this, or after all of it. */
async function agentOf(db: TenantDb, thumbprint: string): Promise<JoiningAgent> {
  const agent = await db.first<JoiningAgent>(
    `select a.id, a.name from writ.agents a
       join writ.humans h on h.tenant_id = a.tenant_id and h.id = a.human_id and h.status = 'active'
     where a.tenant_id = $1 and a.identity_thumbprint = $2 and a.status = 'enrolled' for share of a`,
    [thumbprint],
  )
  if (!agent) throw forbidden('no agent that counts has this identity key')
  return agent
}

/** Only the very device that this agent joined with this key, and that was not revoked. */
async function findAgain(db: TenantDb, machine: Machine): Promise<NodeId | null> {
  const row = await db.first<{ id: NodeId }>(
    `with proven as (
       update writ.devices d set proven_at = $7 from writ.nodes n
        where d.tenant_id = $1 and d.id = n.id and d.agent_id = $2 and d.revoked_at is null and n.public_key = $3
          and n.kind = 'device' returning d.id
     )
     update writ.nodes n set name = $4, lease_key = $5, build = $6, last_seen_at = $7 from proven where n.id = proven.id
     returning n.id`,
    [
      machine.agent,
      machine.publicKey,
      machine.name,
      JSON.stringify(machine.leaseKey),
      machine.build,
      machine.now,
    ],
  )
  return row?.id ?? null
}

/** One statement: a key that any node has, of whichever kind or tenant, makes none. @throws 403 */
async function addDevice(db: TenantDb, id: NodeId, machine: Machine): Promise<NodeId> {
  const row = await db.first<{ id: NodeId }>(
    `with node as (
       insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind, joined_at, last_seen_at)
         values ($2, $3, $4, $5, '', $6, 'device', $7, $7) on conflict (public_key) do nothing returning id
     )
     insert into writ.devices (tenant_id, id, agent_id, joined_at, proven_at) select $1, id, $8, $7, $7 from node returning id`,
    [
      id,
      machine.name,
      machine.publicKey,
      JSON.stringify(machine.leaseKey),
      machine.build,
      machine.now,
      machine.agent,
    ],
  )
  if (!row) throw forbidden('this node key is the key of another node, or of one that was revoked')
  return row.id
}

/** @throws 409 */
async function requireRoom(db: TenantDb, agent: AgentId): Promise<void> {
  const row = await db.first<{ count: number }>(
    'select count(*)::int as count from writ.devices where tenant_id = $1 and agent_id = $2 and revoked_at is null',
    [agent],
  )
  if ((row?.count ?? 0) >= MOST_DEVICES)
    throw conflict(`this agent has ${MOST_DEVICES} devices: revoke those that are gone`)
}
