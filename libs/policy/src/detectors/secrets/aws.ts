import { literals } from '../recogniser.ts'
import type { Recogniser } from '../recogniser.ts'
import type { Span } from '../sighting.ts'
import { entropyOf, isExample, looksRandom } from './example.ts'
import { isFresh, isWordCharacter, readAt } from './reading.ts'

/** AWS access key ids, and the secret of 40 characters that stands within 200 characters of one, which alone looks like nothing. */
export const AWS_KEYS: Recogniser = {
  signals: ['secret.aws'],
  triggers: literals('akia', 'asia', 'abia', 'acca', 'a3t'),
  recognise: (text, start) => {
    const id = isFresh(text, start) ? readAt(ID, text, start) : null
    const end = start + (id?.length ?? 0)
    if (id === null || isWordCharacter(text, end) || isExample(id)) return []
    return [{ signal: 'secret.aws', start, end }, ...secretsNear(text, start, end)]
  },
}

const ID = /(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}/y
const NEAR = 200
const SECRET = /(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])/g
/** Above that of a hash in hex, which has at most 4. */
const LEAST_ENTROPY = 4

function secretsNear(text: string, start: number, end: number): readonly Span[] {
  const from = Math.max(0, start - NEAR)
  return [...text.slice(from, end + NEAR).matchAll(SECRET)]
    .filter(([value]) => looksRandom(value) && entropyOf(value) >= LEAST_ENTROPY)
    .map(({ 0: value, index }) => ({
      signal: 'secret.aws',
      start: from + index,
      end: from + index + value.length,
    }))
}
