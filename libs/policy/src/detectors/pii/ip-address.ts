/** Four decimal numbers up to 255, without leading zeros. */
export const isIpv4 = (text: string): boolean => IPV4.test(text)

/** RFC 4291 §2.2: eight groups, of which one run of zeros may be left out; the last two may be an IPv4 address. */
export function isIpv6(text: string): boolean {
  if (text.length > LONGEST) return false
  const halves = asGroups(text).split('::')
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (halves.length > 2 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false
  return halves.length === 2 ? groups.length < GROUPS : groups.length === GROUPS
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`)
/** Characters of the longest notation. */
const LONGEST = 45
const GROUPS = 8

/** An IPv4 address at the end counts as two groups. */
function asGroups(text: string): string {
  const at = text.lastIndexOf(':') + 1
  return isIpv4(text.slice(at)) ? `${text.slice(0, at)}0:0` : text
}
