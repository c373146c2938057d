const MAX_DEPTH = 64

/** A body that is not one unambiguous JSON value. The message is safe to show: it quotes nothing. */
export class UnreadableJson extends Error {
  override readonly name = 'UnreadableJson'
}

/**
 * Reads a JSON body strictly: valid UTF-8 without a byte order mark, at most 64 levels deep, no member twice,
 * no member that reaches an object's prototype, and in no string what Postgres cannot store: NUL or half a surrogate pair.
 * @throws UnreadableJson
 */
export function readJson(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const value = parse(text)
  checkStructure(text)
  return value
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UnreadableJson('the body is not valid UTF-8')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableJson('the body is not valid JSON')
  }
}

// The text is known to be valid JSON here, so strings and brackets are all that is left to look at.
function checkStructure(text: string): void {
  const open: Set<string>[] = []
  for (const [token, string, colon] of text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g)) {
    if (string !== undefined) {
      if (UNSTORABLE.test(string.includes('\\u') ? String(JSON.parse(string)) : ''))
        throw new UnreadableJson('the body has a NUL or half a surrogate pair in a string')
      if (colon !== undefined) addMember(open.at(-1), String(JSON.parse(string)))
    } else if (token === '{' || token === '[') {
      open.push(new Set())
      if (open.length > MAX_DEPTH) throw new UnreadableJson('the body is nested too deep')
    } else open.pop()
  }
}

// In UTF-8 that was valid both can only come as an escape.
const UNSTORABLE = /[\0\p{Surrogate}]/u

function addMember(members: Set<string> | undefined, name: string): void {
  if (name === '__proto__') throw new UnreadableJson('the body has a member that is not allowed')
  if (members?.has(name)) throw new UnreadableJson('the body has a member twice')
  members?.add(name)
}
