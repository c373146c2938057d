import { createHash, randomBytes } from 'node:crypto'
import { exchangeCode, publicJwkOf, thumbprintOf } from '@writ/identity'
import type { SignIn, SigningAgent } from '../agent-session.ts'
import { openLoopbackDoor } from './loopback-door.ts'

/** Longest that a human may take, as long as a device code lives. */
const PATIENCE_MS = 600_000

/** Code and PKCE over a loopback address (RFC 8252 §7.3): for a browser on this machine. Nothing is opened. @param say gets the address */
export const browserSignIn =
  (say: (text: string) => void, patienceMs = PATIENCE_MS): SignIn =>
  async (agent) => {
    const { order, ports, attempt } = agent
    const [state, codeVerifier] = [randomText(), randomText()]
    const door = await openLoopbackDoor({ issuer: order.issuer, state, patienceMs })
    try {
      const { redirectUri } = door
      say(
        `To let this agent act for you, open this in a browser on this machine:\n${addressOf(agent, { redirectUri, state, codeVerifier })}`,
      )
      const code = await door.code
      await attempt((at) => exchangeCode(at, { code, redirectUri, codeVerifier }, ports))
    } finally {
      door.close()
    }
  }

const randomText = (): string => randomBytes(32).toString('base64url')

/** RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2.1, RFC 9449 §10: the code is worth nothing without the session key. */
function addressOf(
  { order }: SigningAgent,
  asked: { readonly redirectUri: string; readonly state: string; readonly codeVerifier: string },
): string {
  const url = new URL(`${order.issuer}/authorize`)
  const resources = order.resource === undefined ? [] : [order.resource].flat()
  const parameters = {
    response_type: 'code',
    client_id: order.agentId,
    redirect_uri: asked.redirectUri,
    state: asked.state,
    code_challenge: createHash('sha256').update(asked.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    dpop_jkt: thumbprintOf(publicJwkOf(order.sessionKey)),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  for (const resource of resources) url.searchParams.append('resource', resource)
  return url.href
}
