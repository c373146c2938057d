import type { KeyObject } from 'node:crypto'
import { EnrolmentAnswer } from '@writ/contracts'
import { authorityErrorOf } from './authority-error.ts'
import { createNonceMemory } from './nonce-memory.ts'
import type { AgentPorts } from './send-proven.ts'
import { sendProven } from './send-proven.ts'

export type EnrolmentOrder = {
  /** `<control plane origin>/t/<tenant>/enrol` */
  readonly endpoint: string
  /** one-time enrolment token */
  readonly token: string
  /** P-256 private key that becomes the agent's identity */
  readonly identityKey: KeyObject
  readonly ports: AgentPorts
}

/** Binds the identity key to the agent that the one-time token was made for. @throws AuthorityError when it is refused */
export async function enrolAgent({
  endpoint,
  token,
  identityKey,
  ports,
}: EnrolmentOrder): Promise<EnrolmentAnswer> {
  const body = new TextEncoder().encode(JSON.stringify({ token }))
  const response = await sendProven(
    {
      url: endpoint,
      init: { method: 'POST', headers: { 'content-type': 'application/json' } },
      key: identityKey,
      bodyOf: () => body,
    },
    createNonceMemory(),
    ports,
  )
  if (!response.ok) throw await authorityErrorOf(response)
  return EnrolmentAnswer.parse(await response.json())
}
