import { isPlainName, readNoteKey } from '@writ/audit'
import type { NoteKey } from '@writ/audit'
import { urlOf } from '@writ/contracts'
import { z } from 'zod'

/** Where copies go, as the configuration says it. */
export type ArchivePlace =
  | { readonly kind: 'directory'; readonly path: string; readonly keepDays: number }
  | {
      readonly kind: 's3'
      readonly bucket: string
      readonly prefix: string
      readonly endpoint: string
      readonly region: string
      readonly lock?: 'GOVERNANCE' | 'COMPLIANCE'
      readonly keepDays: number
    }

/** A witness: where it is asked, and the key that it cosigns with. */
export type WitnessPlace = { readonly url: string; readonly key: NoteKey }

const KEEP_DAYS = 400

/** `file:///path` or `s3://bucket/prefix?endpoint=…&region=…[&lock=governance|compliance]`, either with `keep-days`; null for anything else. */
export function archivePlaceOf(text: string): ArchivePlace | null {
  const url = urlOf(text)
  if (url === null) return null
  const keepDays = Number(url.searchParams.get('keep-days') ?? KEEP_DAYS)
  if (!Number.isSafeInteger(keepDays) || keepDays < 1) return null
  if (url.protocol === 'file:' && url.host === '' && url.pathname.length > 1)
    return { kind: 'directory', path: decodeURIComponent(url.pathname), keepDays }
  return url.protocol === 's3:' ? s3PlaceOf(url, keepDays) : null
}

const S3Query = z.object({
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('us-east-1'),
  endpoint: z
    .string()
    .refine((text) => urlOf(text)?.origin === text)
    .optional(),
  lock: z.enum(['governance', 'compliance']).optional(),
})

function s3PlaceOf(url: URL, keepDays: number): ArchivePlace | null {
  const query = S3Query.safeParse(Object.fromEntries(url.searchParams)).data
  const prefix = url.pathname.replaceAll(/^\/|\/$/g, '')
  if (!query || !/^[a-z0-9.-]{3,63}$/.test(url.host) || !/^([\w.-]+(\/[\w.-]+)*)?$/.test(prefix)) return null
  const { region, endpoint = `https://s3.${region}.amazonaws.com`, lock } = query
  const mode = lock && LOCKS[lock]
  return { kind: 's3', bucket: url.host, prefix, endpoint, region, keepDays, ...(mode && { lock: mode }) }
}

const LOCKS = { governance: 'GOVERNANCE', compliance: 'COMPLIANCE' } as const

/** `<key line> <url>`; null for anything else. */
export function witnessPlaceOf(text: string): WitnessPlace | null {
  const [line = '', url = '', ...more] = text.split(' ')
  const key = readNoteKey(line)
  if (
    key?.type !== 'witness' ||
    !isPlainName(key.name) ||
    more.length > 0 ||
    !/^https?:$/.test(urlOf(url)?.protocol ?? '')
  )
    return null
  return { key, url: url.replace(/\/$/, '') }
}

/** What origins of logs begin with: a name without a scheme, as keys have them. */
export const isLogOrigin = (text: string): boolean =>
  isPlainName(text) && text.length <= 200 && !text.includes('//') && !/^\/|\/$/.test(text)

/** Entries of a list by comma. */
export const entriesOf = (list: string): string[] =>
  list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
