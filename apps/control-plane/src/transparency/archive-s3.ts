import { createHash } from 'node:crypto'
import { AwsClient } from 'aws4fetch'
import type { AuditArchive } from '@writ/audit'
import { sameOrConflict } from './archive-directory.ts'
import { requireArchiveName } from './archive-names.ts'
import { firstVersions, latestNames } from './s3-listing.ts'
import type { Ask, S3Version } from './s3-listing.ts'

export type S3Place = {
  /** origin of the store, e.g. `https://s3.eu-central-1.amazonaws.com` */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** before every name, without a slash at its end; may be empty */
  readonly prefix: string
  readonly keyId: string
  readonly secret: string
  /** mode of the object lock; absent: the bucket's own rule */
  readonly lock?: 'GOVERNANCE' | 'COMPLIANCE'
  /** names that are asked for at once; absent: 1000 */
  readonly pageKeys?: number
}

const TIMEOUT_MS = 20_000

/**
 * Copies in a store that speaks S3. They are put with `If-None-Match: *`: a store that honours it keeps the first of two that come at once,
 * from whatever process. One that does not is protected by looking first, and by turns within this process.
 *
 * Where objects are locked the store keeps every version, and lets anybody who may write put another one, or a marker that there is none, on
 * top of a locked one. The first version is the copy.
 */
export function createS3Archive(place: S3Place): AuditArchive {
  const client = new AwsClient({
    accessKeyId: place.keyId,
    secretAccessKey: place.secret,
    region: place.region,
    service: 's3',
    retries: 0,
  })
  const ask: Ask = (path, init = {}) =>
    client.fetch(`${place.endpoint}/${place.bucket}${path}`, {
      ...init,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  const before = place.prefix === '' ? '' : `${place.prefix}/`
  const pageKeys = place.pageKeys ?? 1000
  const inTurn = createLine()
  const versionsOf = (prefix: string) => firstVersions(ask, { prefix: `${before}${prefix}`, pageKeys })
  const get = async (name: string): Promise<Uint8Array | null> => {
    requireArchiveName(name)
    const key = `${before}${name}`
    const versions = place.lock === undefined ? null : await versionsOf(name)
    return versions === null ? read(ask, `/${key}`) : readFirst(ask, key, versions)
  }
  return {
    put: async (name, bytes, keepUntil) => {
      requireArchiveName(name)
      const headers = headersOf(place, bytes, keepUntil)
      return inTurn(name, () => putNew({ ask, get }, name, { path: `/${before}${name}`, bytes, headers }))
    },
    get,
    names: async function* names(prefix) {
      const versions = place.lock === undefined ? null : await versionsOf(prefix)
      const keys =
        versions === null ? latestNames(ask, { prefix: `${before}${prefix}`, pageKeys }) : keysOf(versions)
      for await (const key of keys) yield key.slice(before.length)
    },
  }
}

type Reading = { readonly ask: Ask; readonly get: AuditArchive['get'] }
type NewCopy = { readonly path: string; readonly bytes: Uint8Array; readonly headers: Record<string, string> }

async function putNew(
  { ask, get }: Reading,
  name: string,
  { path, bytes, headers }: NewCopy,
): Promise<'kept' | 'kept-before'> {
  const before = await get(name)
  if (before !== null) return sameOrConflict(before, bytes)
  const answer = await ask(path, { method: 'PUT', body: Buffer.from(bytes), headers })
  await answer.arrayBuffer()
  // 412: there is one; 409: another is being put at this moment, and may not get there
  if (answer.status === 412 || answer.status === 409) return sameOrConflict(await get(name), bytes)
  if (!answer.ok) throw new Error(`the store did not keep a copy: ${answer.status}`)
  return 'kept'
}

async function readFirst(
  ask: Ask,
  key: string,
  versions: AsyncIterable<S3Version>,
): Promise<Uint8Array | null> {
  // In the order of their keys: what begins with this one comes behind it.
  for await (const first of versions)
    return first.key === key ? read(ask, `/${key}?versionId=${encodeURIComponent(first.versionId)}`) : null
  return null
}

async function* keysOf(versions: AsyncIterable<S3Version>): AsyncIterable<string> {
  for await (const { key } of versions) yield key
}

async function read(ask: Ask, path: string): Promise<Uint8Array | null> {
  const answer = await ask(path)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (answer.status === 404) return null
  if (!answer.ok) throw new Error(`the store did not give a copy: ${answer.status}`)
  return bytes
}

function headersOf({ lock }: S3Place, bytes: Uint8Array, keepUntil: Date): Record<string, string> {
  return {
    'if-none-match': '*',
    'content-type': 'application/octet-stream',
    'content-md5': createHash('md5').update(bytes).digest('base64'),
    ...(lock && {
      'x-amz-object-lock-mode': lock,
      'x-amz-object-lock-retain-until-date': keepUntil.toISOString(),
    }),
  }
}

/** One after the other for each name. */
function createLine(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, Promise<unknown>>()
  return async (name, work) => {
    const turn = (lines.get(name) ?? Promise.resolve()).then(work, work)
    const settled = turn.catch(() => undefined)
    lines.set(name, settled)
    try {
      return await turn
    } finally {
      if (lines.get(name) === settled) lines.delete(name)
    }
  }
}
