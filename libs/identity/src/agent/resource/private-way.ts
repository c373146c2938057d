import { urlOf } from '@writ/contracts'
import { ServerDistrusted } from './server-distrusted.ts'

/**
 * Metadata leads this client to other addresses, and its keys and tokens with it. It follows to where nobody on the way can read along, and
 * into this machine only for a server that is on it.
 * @throws ServerDistrusted
 */
export function requirePrivateWay(target: string, from: string): void {
  const url = urlOf(target)
  if (url === null || !isPrivate(url, new URL(from)))
    throw new ServerDistrusted(`${from} leads to an address that is not safe`)
}

function isPrivate(target: URL, from: URL): boolean {
  if (target.username !== '' || target.password !== '') return false
  if (isLoopback(target)) return isLoopback(from) && /^https?:$/.test(target.protocol)
  return target.protocol === 'https:'
}

const isLoopback = ({ hostname }: URL): boolean =>
  /^(?:127(?:\.\d+){3}|localhost|.+\.localhost|\[::1\])$/.test(hostname)
