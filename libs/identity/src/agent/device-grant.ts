import { DeviceAuthorizationAnswer, GRANT_TYPES } from '@writ/contracts'
import type { TokenAnswer } from '@writ/contracts'
import { askAuthority, askForToken } from './ask-authority.ts'
import { AuthorityError } from './authority-error.ts'
import { wishesOf } from './request-token.ts'
import type { TokenOrder } from './request-token.ts'
import type { AgentPorts } from './send-proven.ts'

/** Asks for a code that a human types in a browser (RFC 8628 §3.1), bound to the session key. @throws AuthorityError */
export const startDeviceGrant = async (
  order: TokenOrder & { readonly deviceEndpoint: string },
  ports: AgentPorts,
): Promise<DeviceAuthorizationAnswer> =>
  DeviceAuthorizationAnswer.parse(await askAuthority(order, order.deviceEndpoint, wishesOf(order), ports))

export type WaitingPorts = AgentPorts & { readonly sleepMs: (ms: number) => Promise<void> }

/**
 * Waits until the human has decided, no more often than asked for (RFC 8628 §3.5). Afterwards `createAgentSession` with the same session key
 * goes on with the session.
 * @throws AuthorityError access_denied, expired_token
 */
export async function awaitDeviceGrant(
  order: TokenOrder,
  device: Pick<DeviceAuthorizationAnswer, 'device_code' | 'interval'>,
  ports: WaitingPorts,
): Promise<TokenAnswer> {
  let intervalMs = device.interval * 1_000
  for (;;) {
    await ports.sleepMs(intervalMs)
    const answer = await pollDeviceGrant(order, device.device_code, ports)
    if (typeof answer !== 'string') return answer
    if (answer === 'slow_down') intervalMs += 5_000
  }
}

/** Asks once. @throws AuthorityError access_denied, expired_token */
export async function pollDeviceGrant(
  order: TokenOrder,
  deviceCode: string,
  ports: AgentPorts,
): Promise<TokenAnswer | 'authorization_pending' | 'slow_down'> {
  const parameters = { grant_type: GRANT_TYPES.deviceCode, device_code: deviceCode }
  try {
    return await askForToken(order, order.tokenEndpoint, parameters, ports)
  } catch (error) {
    const code = error instanceof AuthorityError ? error.error : null
    if (code === 'authorization_pending' || code === 'slow_down') return code
    throw error
  }
}
