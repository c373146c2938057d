/** Plain text transformations that hide commands, done the same way. */

/** `tr`: ranges and classes of one set become those of another, or are taken out. */
export function translated(
  text: string,
  { from, to, isDeleting }: { from: string; to: string; isDeleting: boolean },
): string {
  const source = setOf(from)
  if (isDeleting)
    return Array.from(text)
      .filter((one) => !source.includes(one))
      .join('')
  const target = setOf(to)
  return Array.from(text)
    .map((one) => {
      const at = source.indexOf(one)
      return at < 0 ? one : (target[Math.min(at, target.length - 1)] ?? one)
    })
    .join('')
}

function setOf(text: string): readonly string[] {
  const full = text
    .replaceAll('[:lower:]', 'a-z')
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:space:]', ' \n\t')
    .replaceAll(/\\n/g, '\n')
    .replaceAll(/\\t/g, '\t')
    .replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
  const all: string[] = []
  for (let at = 0; at < full.length && all.length < MAX_SET; at += 1) {
    const end = full[at + 1] === '-' ? full.charCodeAt(at + 2) : Number.NaN
    if (Number.isNaN(end)) {
      all.push(full[at] ?? '')
      continue
    }
    for (let code = full.charCodeAt(at); code <= end && all.length < MAX_SET; code += 1)
      all.push(String.fromCharCode(code))
    at += 2
  }
  return all
}
const MAX_SET = 256

/** `xxd -r -p`, and the layout of a plain dump. */
export function xxdReversed(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => (/^[\da-f]+:/i.test(line) ? line.replace(/^[\da-f]+:/i, '').split('  ')[0] : line))
  return Buffer.from(lines.join('').replaceAll(/[^\da-f]/gi, ''), 'hex').toString('utf8')
}

export const withoutHex = (text: string): string => text.trim()
