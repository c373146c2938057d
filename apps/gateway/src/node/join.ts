import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { signStatement } from '@writ/audit'
import { JoinAnswer } from '@writ/contracts'
import type { JoinRequest } from '@writ/contracts'
import { ControlPlaneAway } from '@writ/point'
import type { ControlPlaneHttp, HttpAnswer, NodeKeys } from '@writ/point'

export type JoinSettings = {
  readonly name: string
  readonly origin: string
  readonly build: string
  readonly joinSecret: string
}

/**
 * Makes this gateway known. Both sides show that they hold the join secret without sending it, and this one that it holds the node key; a later join with the same
 * key is the same node.
 * @throws ControlPlaneAway when there is no answer, or none that holds
 */
export async function joinFleet(
  http: ControlPlaneHttp,
  keys: NodeKeys,
  settings: JoinSettings,
  nowMs: number,
): Promise<JoinAnswer> {
  const nonce = randomBytes(16).toString('base64url')
  const request: JoinRequest = {
    name: settings.name,
    publicKey: keys.publicKey,
    leaseKey: keys.leasePublicJwk,
    origin: settings.origin,
    build: settings.build,
    nonce,
    atMs: nowMs,
  }
  const body = JSON.stringify(request)
  const answer = await http.send({
    method: 'POST',
    path: '/internal/v1/join',
    headers: {
      'writ-join': tagOf(settings.joinSecret, body),
      'writ-node-proof': signStatement(body, keys.nodeKey),
    },
    body,
    timeoutMs: 10_000,
  })
  return openAnswer(answer, settings.joinSecret, nonce)
}

function openAnswer(answer: HttpAnswer, joinSecret: string, nonce: string): JoinAnswer {
  if (answer.status >= 300)
    throw new ControlPlaneAway(`the control plane refused the join with ${answer.status}`, answer.status)
  const text = answer.body.toString('utf8')
  if (!isSame(answer.header('writ-join') ?? '', tagOf(joinSecret, `${nonce}\n${text}`)))
    throw new ControlPlaneAway('the answer to the join does not prove the join secret', answer.status)
  return JoinAnswer.parse(JSON.parse(text))
}

const tagOf = (joinSecret: string, text: string): string =>
  createHmac('sha256', joinSecret).update(text).digest('base64url')

function isSame(presented: string, expected: string): boolean {
  const [left, right] = [Buffer.from(presented), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}
