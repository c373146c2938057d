import { createHash } from 'node:crypto'
import { AwsClient } from 'aws4fetch'
import type { AuditArchive } from '@writ/audit'
import { sameOrConflict } from './archive-directory.ts'
import { requireArchiveName } from './archive-names.ts'

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
  const pathOf = (name: string): string => `/${place.prefix === '' ? '' : `${place.prefix}/`}${name}`
  const inTurn = createLine()
  return {
    put: async (name, bytes, keepUntil) => {
      requireArchiveName(name)
      return inTurn(name, () =>
        putNew(ask, pathOf(name), { bytes, headers: headersOf(place, bytes, keepUntil) }),
      )
    },
    get: async (name) => {
      requireArchiveName(name)
      return read(ask, pathOf(name))
    },
    names: (prefix) => list(ask, place, prefix),
  }
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>
type NewCopy = { readonly bytes: Uint8Array; readonly headers: Record<string, string> }

async function putNew(ask: Ask, path: string, { bytes, headers }: NewCopy): Promise<'kept' | 'kept-before'> {
  const before = await read(ask, path)
  if (before !== null) return sameOrConflict(before, bytes)
  const answer = await ask(path, { method: 'PUT', body: Buffer.from(bytes), headers })
  await answer.arrayBuffer()
  // 412: there is one; 409: another is being put at this moment, and may not get there
  if (answer.status === 412 || answer.status === 409) return sameOrConflict(await read(ask, path), bytes)
  if (!answer.ok) throw new Error(`the store did not keep a copy: ${answer.status}`)
  return 'kept'
}

async function read(ask: Ask, path: string): Promise<Uint8Array | null> {
  const answer = await ask(path)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (answer.status === 404) return null
  if (!answer.ok) throw new Error(`the store did not give a copy: ${answer.status}`)
  return bytes
}

async function* list(ask: Ask, place: S3Place, prefix: string): AsyncIterable<string> {
  const before = place.prefix === '' ? '' : `${place.prefix}/`
  let token: string | undefined
  do {
    const query = new URLSearchParams({
      'list-type': '2',
      prefix: `${before}${prefix}`,
      'max-keys': String(place.pageKeys ?? 1000),
      ...(token !== undefined && { 'continuation-token': token }),
    })
    const answer = await ask(`/?${query.toString()}`)
    const text = await answer.text()
    // A page of somebody else is no empty list: what is kept could not be compared.
    if (!answer.ok || !/<ListBucketResult[\s/>]/.test(text))
      throw new Error(`the store did not list its copies: ${answer.status}`)
    for (const [, key = ''] of text.matchAll(/<Key>([^<]+)<\/Key>/g)) yield key.slice(before.length)
    ;[, token] = /<NextContinuationToken>([^<]+)</.exec(text) ?? []
  } while (token !== undefined)
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
