/** Shorter ones would mask ordinary words; connections refuse them when they are made. */
const LEAST_BYTES = 8

/**
 * What must not be echoed of a header value: the secret without its scheme (`Bearer x`, `Token x`), or the password of
 * `Basic` besides what was sent. A part too short to be told from ordinary text is left out, if the whole stays in.
 */
export function secretsIn(value: string): readonly string[] {
  const sent = value.trim()
  const [, scheme = '', given = ''] = /^([A-Za-z][A-Za-z0-9-]*)[ \t]+(\S.*)$/s.exec(sent) ?? []
  const secret = isLong(given) ? given : sent
  const parts = scheme.toLowerCase() === 'basic' ? [secret, ...partsOfBasic(given)] : [secret]
  return parts.filter(isLong)
}

const isLong = (text: string): boolean => Buffer.byteLength(text) >= LEAST_BYTES

/** RFC 7617: the longest part comes first, so that it is masked whole. */
function partsOfBasic(given: string): readonly string[] {
  const pair = Buffer.from(given, 'base64').toString('utf8')
  return [pair, pair.slice(pair.indexOf(':') + 1)]
}
