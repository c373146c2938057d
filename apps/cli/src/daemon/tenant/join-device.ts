import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { signStatement } from '@writ/audit'
import { DeviceJoinAnswer } from '@writ/contracts'
import type { DeviceJoinRequest } from '@writ/contracts'
import { signProof } from '@writ/identity'
import { ControlPlaneAway } from '@writ/point'
import type { ControlPlaneHttp, HttpAnswer, NodeKeys } from '@writ/point'
import type { StoredProfile } from '../../profile.ts'

/** Where the control plane serves the devices of a tenant: beside its authority. */
export const devicePrefix = ({ profile }: StoredProfile): string =>
  new URL(profile.issuer).pathname.replace(/\/oauth$/, '/device/v1')

export const controlPlaneOf = ({ profile }: StoredProfile): string => new URL(profile.issuer).origin

export type JoinPorts = {
  readonly http: ControlPlaneHttp
  readonly keys: NodeKeys
  readonly build: string
  readonly nowMs: () => number
}

/**
 * Makes this machine known as a device of the enrolled agent, which proves itself by its identity key. Joining again with the same node key
 * is the same device.
 * @throws ControlPlaneAway when there is no answer, or a no
 */
export async function joinDevice(stored: StoredProfile, ports: JoinPorts): Promise<DeviceJoinAnswer> {
  const { keys, build, nowMs } = ports
  const request: DeviceJoinRequest = {
    name: hostname().slice(0, 100) || 'device',
    publicKey: keys.publicKey,
    leaseKey: keys.leasePublicJwk,
    build,
    atMs: nowMs(),
  }
  const body = JSON.stringify(request)
  const first = await send(stored, ports, { body, nonce: null })
  const nonce = first.status === 400 || first.status === 401 ? first.header('dpop-nonce') : null
  return answerIn(nonce === null ? first : await send(stored, ports, { body, nonce }), stored)
}

function send(
  stored: StoredProfile,
  { http, keys, nowMs }: JoinPorts,
  { body, nonce }: { readonly body: string; readonly nonce: string | null },
): Promise<HttpAnswer> {
  const path = `${devicePrefix(stored)}/join`
  const dpop = signProof({
    key: stored.identityKey,
    verb: 'POST',
    url: `${controlPlaneOf(stored)}${path}`,
    nowMs: nowMs(),
    jti: randomBytes(16).toString('base64url'),
    body: Buffer.from(body),
    ...(nonce === null ? {} : { nonce }),
  })
  const headers = { dpop, 'writ-node-proof': signStatement(body, keys.nodeKey) }
  return http.send({ method: 'POST', path, headers, body, timeoutMs: 10_000 })
}

/** Whoever answers is believed by the connection, as with enrolment; what it names must be what was enrolled. */
function answerIn({ status, body }: HttpAnswer, { profile }: StoredProfile): DeviceJoinAnswer {
  if (status >= 300)
    throw new ControlPlaneAway(`the control plane refused this device with ${status}`, status)
  const answer = DeviceJoinAnswer.parse(JSON.parse(body.toString('utf8')))
  if (answer.tenant.slug !== profile.tenant || answer.agent !== profile.agentId)
    throw new ControlPlaneAway('the control plane speaks of another agent', status)
  return answer
}
