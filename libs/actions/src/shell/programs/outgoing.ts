import { type Call } from '../call.ts'
import { isLoopback, isTrusted } from '../hosts.ts'
import { possible, sure } from '../state.ts'
import { ENVIRONMENT, SECRET, shown } from '../text.ts'

/** Secrets and variables on their way to a host. */
export function outgoing(call: Call, host: string, from: number): void {
  if (isLoopback(host)) return
  if ((from & SECRET) !== 0) sure(call.state, 'exfiltration', host, `a secret is sent to ${shown(host)}`)
  if ((from & ENVIRONMENT) !== 0 && !isTrusted(call.state, host))
    possible(call.state, 'exfiltration', host, `a variable that holds a secret is sent to ${shown(host)}`)
}
