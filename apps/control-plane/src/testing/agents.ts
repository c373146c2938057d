import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { EnrolmentAnswer, HumanView } from '@writ/contracts'
import { EnrolmentToken } from '@writ/contracts'
import { enrolAgent, generateKeyPem } from '@writ/identity'
import type { AgentPorts } from '@writ/identity'
import { ORIGIN } from './given.ts'
import type { ControlPlane } from './given.ts'

/** Signs for the public origin, and sends to where the control plane of the spec really listens. */
export const agentPorts = (plane: ControlPlane, nowMs: () => number = Date.now): AgentPorts => ({
  fetch: (url, init) => fetch(url.replace(ORIGIN, plane.url), init),
  nowMs,
  randomBytes,
})

export type EnrolledAgent = {
  readonly id: string
  readonly human: string
  readonly identityKey: KeyObject
  readonly answer: EnrolmentAnswer
}

export async function newHuman(plane: ControlPlane, key: string): Promise<HumanView> {
  const email = `${randomBytes(5).toString('hex')}@example.test`
  return (await plane.ask('POST', '/api/v1/humans', { key, body: { name: 'Ada', email } })).body
}

/** An agent that was made, invited and not yet enrolled. */
export async function invitedAgent(
  plane: ControlPlane,
  key: string,
  of?: string,
): Promise<{ id: string; human: string; token: string }> {
  const human = of ?? (await newHuman(plane, key)).id
  const name = `agent-${randomBytes(5).toString('hex')}`
  const agent = await plane.ask('POST', '/api/v1/agents', { key, body: { name, human } })
  const invitation = await plane.ask('POST', `/api/v1/agents/${agent.body.id}/enrolment-tokens`, { key })
  return { id: agent.body.id, human, token: EnrolmentToken.parse(invitation.body).token }
}

/** @param of the human that it acts for; a new one without it */
export async function enrolledAgent(
  plane: ControlPlane,
  slug: string,
  key: string,
  of?: string,
): Promise<EnrolledAgent> {
  const { id, human, token } = await invitedAgent(plane, key, of)
  const { privateKey: identityKey } = generateKeyPem()
  const answer = await enrolAgent({
    endpoint: `${ORIGIN}/t/${slug}/enrol`,
    token,
    identityKey,
    ports: agentPorts(plane),
  })
  return { id, human, identityKey, answer }
}
