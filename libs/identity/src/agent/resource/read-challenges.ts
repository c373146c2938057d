/** One challenge of a `WWW-Authenticate` field (RFC 9110 §11.6.1); scheme and names are in lower case. */
export type Challenge = { readonly scheme: string; readonly parameters: ReadonlyMap<string, string> }

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
/** A scheme, or a parameter of the scheme before it. */
const PART = new RegExp(`[\\s,=]*(${TOKEN})(?:[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN})))?`, 'y')

/** Every challenge of a field, in its order; what cannot be read ends the reading. Of a parameter that stands twice, the first counts. */
export function readChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const part = new RegExp(PART)
  for (let found = part.exec(field); found !== null; found = part.exec(field)) {
    const [, name = '', quoted, plain] = found
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    const last = challenges.at(-1)
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else if (last !== undefined) setOnce(last.parameters, name.toLowerCase(), value)
  }
  return challenges
}

/** The challenge that this client answers: a bound token before one that anybody can use. */
export function challengeIn(response: Response): Challenge | null {
  const challenges = readChallenges(response.headers.get('www-authenticate') ?? '')
  const by = (wanted: string) => challenges.find(({ scheme }) => scheme === wanted)
  return by('dpop') ?? by('bearer') ?? null
}

/** The scopes of a challenge; null where it names none. */
export function scopesIn(challenge: Challenge | null): readonly string[] | null {
  const scopes = challenge?.parameters.get('scope')
  return scopes === undefined ? null : scopes.split(' ').filter((scope) => scope !== '')
}

function setOnce(parameters: Map<string, string>, name: string, value: string): void {
  if (!parameters.has(name)) parameters.set(name, value)
}
