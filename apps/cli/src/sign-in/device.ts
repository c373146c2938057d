import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceAuthorizationAnswer } from '@writ/contracts'
import { pollDeviceGrant, startDeviceGrant } from '@writ/identity'
import type { SignIn, SigningAgent } from '../agent-session.ts'

/** The device grant (RFC 8628): the human goes to a page on whatever machine has a browser, and types a code. @param say gets page and code */
export const deviceSignIn =
  (say: (text: string) => void): SignIn =>
  async (agent) => {
    const { order, ports } = agent
    const endpoint = `${order.issuer}/device_authorization`
    const device = await startDeviceGrant({ ...order, deviceEndpoint: endpoint }, ports)
    say(invitationTo(device))
    await decided(agent, device)
  }

const invitationTo = (device: DeviceAuthorizationAnswer): string =>
  [
    `To let this agent act for you, open ${device.verification_uri}`,
    `and type the code ${device.user_code}`,
    `(or open ${device.verification_uri_complete}). It is good for ${Math.floor(device.expires_in / 60)} minutes.`,
  ].join('\n')

/** Asks as often as the authority wants it, and each time under the session's number: others may begin sessions while the human thinks. */
async function decided(
  { ports, attempt }: SigningAgent,
  { device_code: code, interval }: DeviceAuthorizationAnswer,
): Promise<void> {
  let intervalMs = interval * 1_000
  for (;;) {
    await sleep(intervalMs)
    const answer = await attempt((order) => pollDeviceGrant(order, code, ports))
    if (typeof answer !== 'string') return
    if (answer === 'slow_down') intervalMs += 5_000
  }
}
