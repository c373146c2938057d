import { SESSION_CAPS } from '@writ/contracts'
import type { Json } from '@writ/contracts'
import type { SecretPrint } from '../detectors/secrets/known-secrets.ts'
import { fingerprintSecret } from '../detectors/secrets/known-secrets.ts'
import type { Sighting } from '../detectors/sighting.ts'
import { memberOf } from '../path.ts'
import { parsePointer } from '../pointer.ts'
import type { ContentKeys } from '../modify/content-keys.ts'

/** More than this and the oldest are no longer looked for. */
export const MAX_SECRETS = SESSION_CAPS.secrets

/** Fingerprints of the secrets that stand in a content, so that they are recognised wherever they turn up again. */
export function secretsIn(
  content: Json,
  sightings: readonly Sighting[],
  keys: ContentKeys,
): readonly SecretPrint[] {
  const prints = sightings
    .filter(({ signal, place }) => signal.startsWith('secret.') && place === 'text')
    .slice(0, MAX_SECRETS)
    .map((sighting) => printOf(content, sighting, keys))
  return [...new Set(prints.filter((print) => print !== null))]
}

function printOf(content: Json, { path, start, end }: Sighting, keys: ContentKeys): SecretPrint | null {
  const text = parsePointer(path).reduce<Json>((value, step) => memberOf(value, step) ?? null, content)
  return typeof text === 'string' ? fingerprintSecret(text.slice(start, end), keys.tenant) : null
}

/** Newest last; of too many the oldest go. */
export const withSecrets = (known: readonly string[], met: readonly string[]): string[] =>
  [...known.filter((print) => !met.includes(print)), ...met].slice(-MAX_SECRETS)
