// A tenant with one enrolled agent, and links that sign its owner in.
import { randomBytes } from 'node:crypto'
import { enrolAgent, generateKeyPem } from '@writ/identity'

const SLUG = 'conformance'

/** @param {import('../local/platform.d.mts').Platform} platform */
export async function newAgentAt({ controlPlaneUrl, secrets }) {
  const call = caller(controlPlaneUrl)
  const asOperator = call(secrets.operatorKey)
  const { ownerKey } = await asOperator('tenants', { slug: SLUG, name: 'Conformance' })
  const asOwner = call(ownerKey.key)
  const human = await asOwner('humans', { name: 'Ada', email: 'ada@conformance.example' })
  const { id } = await asOwner('agents', { name: 'suite', human: human.id })
  const { token } = await asOwner(`agents/${id}/enrolment-tokens`, {})
  const { privateKey: identityKey, privatePem } = generateKeyPem()
  const { issuer, agentId } = await enrolAgent({
    endpoint: `${controlPlaneUrl}/t/${SLUG}/enrol`,
    token,
    identityKey,
    ports: { fetch, nowMs: Date.now, randomBytes },
  })
  return {
    issuer,
    clientId: agentId,
    privatePem,
    ownerLink: async () => (await asOperator(`tenants/${SLUG}/owner-links`, {})).url,
  }
}

const caller = (controlPlaneUrl) => (key) => async (path, body) => {
  const response = await fetch(`${controlPlaneUrl}/api/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}
