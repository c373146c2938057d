import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { signStatement } from '@writ/audit'
import { DeviceJoinAnswer, nodeStatement } from '@writ/contracts'
import type { InventoryReport, NodeId } from '@writ/contracts'
import { ControlPlaneAway, openControlPlaneHttp, openNodeKeys, readState, writeState } from '@writ/point'
import type { NodeKeys } from '@writ/point'
import type { CliConfig } from '../config.ts'
import { controlPlaneOf, devicePrefix, joinDevice } from '../daemon/tenant/join-device.ts'
import { EXIT, Failure } from '../failure.ts'
import { sendSoon } from '../network.ts'
import type { StoredProfile } from '../profile.ts'

const BUILD = 'writ-scan 0.1.0'

/** This machine as a device of the profile's agent: the same that its daemon is. */
type Device = { readonly stored: StoredProfile; readonly stateDir: string; readonly keys: NodeKeys }

/**
 * Tells the tenant what was found. Where this machine is no device of the agent yet, it becomes one.
 * @throws Failure when it was not taken
 */
export async function uploadInventory(
  { WRIT_HOME }: Pick<CliConfig, 'WRIT_HOME'>,
  stored: StoredProfile,
  report: InventoryReport,
): Promise<void> {
  const stateDir = join(WRIT_HOME, 'daemon', stored.profile.agentId)
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const device = { stored, stateDir, keys: await openNodeKeys(stateDir) }
  const node = (await knownNode(stateDir)) ?? (await joined(device))
  const status = await put(device, node, JSON.stringify(report))
  if (status >= 300) throw refusedWith(status)
}

async function knownNode(stateDir: string): Promise<NodeId | null> {
  const known = await readState(join(stateDir, 'node.json'))
  return known === null ? null : DeviceJoinAnswer.parse(JSON.parse(known)).node
}

async function joined({ stored, stateDir, keys }: Device): Promise<NodeId> {
  const http = openControlPlaneHttp(controlPlaneOf(stored))
  try {
    const answer = await joinDevice(stored, { http, keys, build: BUILD, nowMs: Date.now })
    await writeState(join(stateDir, 'node.json'), JSON.stringify(answer))
    return answer.node
  } catch (error) {
    if (error instanceof ControlPlaneAway) throw refusedWith(error.status)
    throw new Failure(
      'the control plane answered something that this writ cannot read',
      'Is it of the same version as this writ?',
      EXIT.unavailable,
    )
  } finally {
    await http.close()
  }
}

async function put({ stored, keys }: Device, node: NodeId, body: string): Promise<number> {
  const path = `${devicePrefix(stored)}/inventory`
  const atMs = Date.now()
  const bodySha256 = createHash('sha256').update(body).digest('base64url')
  const signature = signStatement(nodeStatement({ method: 'PUT', path, atMs, bodySha256 }), keys.nodeKey)
  const answer = await sendSoon(`${controlPlaneOf(stored)}${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'writ-node': `${node}.${atMs}.${signature}` },
    body,
  })
  await answer.body?.cancel()
  return answer.status
}

const refusedWith = (status: number | null): Failure =>
  new Failure(
    status === null
      ? 'the control plane does not answer'
      : `the control plane did not take the inventory (${status})`,
    status === 401 || status === 403
      ? 'The device, its agent or their human may be revoked or suspended: an admin can say.'
      : 'The report stands above. Try again in a moment.',
    EXIT.unavailable,
  )
