import { join } from 'node:path'
import { isRefusal, Refusal } from '@writ/contracts'
import { actingAs } from '@writ/enforcement'
import type { Acting, ApprovalDesk } from '@writ/enforcement'
import { createApprovalDesk, createContentKeys, createSessionEnder, pause, Shipper } from '@writ/point'
import type { ReportProblem, Spool } from '@writ/point'
import { openSession } from '../../agent-session.ts'
import { Failure } from '../../failure.ts'
import { serverIn } from '../../network.ts'
import type { Upstream } from '../../proxy/upstream.ts'
import type { Point } from '../point.ts'
import { keptContentKey } from './content-key-file.ts'
import type { DeviceBundles } from './device-bundles.ts'
import { openDeviceBundles } from './device-bundles.ts'
import type { DeviceSessions } from './device-sessions.ts'
import { RunningSessions } from './device-sessions.ts'
import type { SeenClock } from './seen-clock.ts'
import type { TenantMeans, Wire } from './wire.ts'
import { openWire } from './wire.ts'

const KEEP_CLOCK_EVERY_MS = 10_000
const AUTHORITY_PATIENCE_MS = 10_000

/** An enrolled agent's device: all that it knows comes from its tenant's control plane, and is checked. @throws Failure */
export async function openTenantPoint(means: TenantMeans): Promise<Point> {
  const { source, person, report } = means
  const { profile } = source.stored
  const wire = await openWire(means)
  const bundles = await openDeviceBundles(means, wire)
  const sessions = openSessions(means, wire, bundles)
  const { client, keys, identity } = wire
  const ender = createSessionEnder({ endSession: client.endSession, report })
  const fetchKey = keptContentKey(join(wire.stateDir, 'content.key'), client.contentKey)
  return {
    kind: 'tenant',
    tenant: profile.tenant,
    agent: profile.agentName,
    agentId: profile.agentId,
    stateDir: wire.stateDir,
    sessions: wire.sessions,
    node: identity.node,
    identify: () => identify(wire, bundles, sessions),
    current: bundles.current,
    packages: () => bundles.packages.under(bundles.current()),
    session: () => (wire.standing.isRefused() ? null : (sessions.peek()?.claims.sid ?? null)),
    begin: sessions.begin,
    approvals: deskOf(bundles, person, createApprovalDesk(client.claimApproval, report)),
    contentKeys: createContentKeys({ fetch: fetchKey, leaseKey: keys.leaseKey, report }),
    sessionEnder: ender,
    upstream: upstreamOf(means, sessions),
    trouble: () => troubleOf(wire, bundles, sessions),
    silentMs: bundles.silentMs,
    run: async (spool, signal) => {
      await Promise.all([
        identity.keepJoined(signal),
        bundles.run(signal),
        sessions.run(signal),
        ender.run(signal),
        keepClock(wire.seen, signal, report),
        ship(spool, wire, means, signal),
      ])
    },
    close: wire.close,
  }
}

const openSessions = (
  { source, report }: TenantMeans,
  { stateDir, sessions }: Wire,
  bundles: DeviceBundles,
): DeviceSessions =>
  new RunningSessions({
    open: () => openSession(source.stored, source.keys, { patienceMs: AUTHORITY_PATIENCE_MS }),
    current: async () => {
      const current = await bundles.load()
      return isRefusal(current) ? null : current
    },
    path: join(stateDir, 'session.token'),
    inherit: async (from, to) => {
      const tenant = bundles.current()?.bundle.tenant.id
      if (tenant === undefined || from === to) return
      const seen = await sessions.read({ tenant, session: from })
      if (seen !== null) await sessions.replace({ tenant, session: to }, null, seen)
    },
    report,
  })

const REFUSED = 'the tenant does not count this device, its agent or their human any more'

/** Under the bundle of this moment; the session that is being begun is waited for, and the one before serves where that takes long. */
async function identify(
  { standing }: Wire,
  bundles: DeviceBundles,
  sessions: DeviceSessions,
): Promise<Acting | Refusal> {
  await sessions.settled()
  const current = await bundles.load()
  if (isRefusal(current)) return current
  if (standing.isRefused()) return new Refusal('token_revoked', REFUSED)
  const proven = sessions.proven()
  return proven === null
    ? new Refusal(
        'credentials_missing',
        `this device acts for nobody now: ${sessions.trouble() ?? 'no session'}`,
      )
    : actingAs(proven.claims, current)
}

/** Who is asked, as the tenant says: whoever is at the device, or its approvers. A client waits by trying again, and not in its hook. */
const deskOf = (bundles: DeviceBundles, person: ApprovalDesk, approvers: ApprovalDesk): ApprovalDesk => ({
  claim: (claim, hangUp) =>
    bundles.current()?.bundle.hooks.asks === 'approver'
      ? approvers.claim({ ...claim, waitSeconds: 0 }, hangUp)
      : person.claim(claim, hangUp),
})

/** @throws Failure where no gateway is known, when it is called */
function upstreamOf(
  { source, config }: TenantMeans,
  sessions: DeviceSessions,
): (connection: string | undefined) => Upstream {
  const { profile } = source.stored
  const gateway = source.gateway ?? profile.gateways[0]
  const origin = gateway === undefined ? null : serverIn(gateway, config)
  return (connection) => ({
    url: `${origin}/${profile.tenant}/${connection === undefined ? '' : `${connection}/`}mcp`,
    send: async (url, init) => {
      if (origin === null)
        throw new Failure('no gateway is known to this profile', 'Name one with --gateway.')
      return sessions.signing().fetch(url, init)
    },
  })
}

function troubleOf(
  { identity, standing }: Wire,
  bundles: DeviceBundles,
  sessions: DeviceSessions,
): string | null {
  if (identity.node() === null) return 'this device has not joined its tenant yet'
  if (standing.isRefused()) return REFUSED
  const current = bundles.current()
  if (current === null) return 'there is no bundle yet'
  if (!current.isFresh()) return 'no word from the control plane for longer than the tenant allows'
  return sessions.trouble()
}

async function keepClock(seen: SeenClock, signal: AbortSignal, report: ReportProblem): Promise<void> {
  for (; !signal.aborted; await pause(KEEP_CLOCK_EVERY_MS, signal))
    await seen.keep().catch((error: unknown) => report('the clock cannot be kept', error))
}

function ship(
  spool: Spool,
  { client, keys, identity }: Wire,
  { nowMs, report }: TenantMeans,
  signal: AbortSignal,
) {
  const shipper = new Shipper({
    spool,
    nodeKey: keys.nodeKey,
    queue: null,
    direct: client.sendBatch,
    postHeads: client.sendHeads,
    nowMs,
    report: (what, error) => report(`records wait on this machine: ${what}`, error),
  })
  return identity.whenJoined(signal).then(() => shipper.run(signal))
}
