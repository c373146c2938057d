import type { State } from './state.ts'

/** The host of a URL, of `user@host:path`, or of `host:port`; lower case, without brackets and final dots. */
export function hostOf(text: string): string {
  const match = /^(?:[a-z][\w+.-]*:\/\/)?(?:[^/@\s]*@)?(\[[^\]]*\]|[^/:?#\s]*)/i.exec(text)
  return (match?.[1] ?? '').replaceAll(/^\[|\]$|\.$/g, '').toLowerCase()
}

export const isUrl = (text: string): boolean =>
  /^(?:https?|ftps?|sftp|ssh|git|wss?|scp|tftp|gopher|dict|ldaps?|smb|rsync|s3|gs):\/\//i.test(text)

/** `localhost`, every spelling of 127/8 and of the unspecified address, and names that never leave a machine. */
export function isLoopback(host: string): boolean {
  if (/^(?:localhost|.*\.localhost|ip6-localhost|::1?|0:0:0:0:0:0:0:1|host\.docker\.internal)$/.test(host))
    return true
  const address = addressOf(host)
  return address !== null && (address >>> 24 === 127 || address === 0)
}

/** Cloud metadata services: link-local address in any spelling, and their names. */
export function isMetadata(host: string): boolean {
  if (
    /^(?:metadata(?:\.google\.internal|\.goog)?|instance-data|fd00:ec2::254|.*169\.254\.169\.254.*|::ffff:a9fe:a9fe)$/.test(
      host,
    )
  )
    return true
  const address = addressOf(host)
  return address !== null && [METADATA, ECS, ALIBABA].includes(address)
}
const METADATA = 0xa9fe_a9fe
const ECS = 0xa9fe_aa02
const ALIBABA = 0x6464_64c8

export const isTrusted = (state: State, host: string): boolean =>
  isLoopback(host) ||
  [...state.shared.context.trustedHosts].some((one) => host === one || host.endsWith(`.${one}`))

/** An IPv4 address as `inet_aton` reads it: 1 to 4 parts, decimal, octal or hexadecimal. */
function addressOf(host: string): number | null {
  const parts = host.split('.')
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[\da-f]+|\d+)$/.test(part))) return null
  const numbers = parts.map((part) => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part)))
  const last = numbers.pop() ?? 0
  return (numbers.reduce((sum, part, at) => sum + part * 256 ** (3 - at), 0) + last) >>> 0
}
