import { createHash } from 'node:crypto'
import type { AuditRecord, Json, JsonObject } from '@writ/contracts'

/** One record of a tenant on its way out. Mappings are functions of this and of nothing else. */
export type Delivered = {
  readonly tenant: string
  readonly leafIndex: number
  /** when the ledger took it, epoch milliseconds */
  readonly ingestedAtMs: number
  /** the stored bytes, as text */
  readonly bytes: string
  readonly record: AuditRecord
  /** the record as it is shown: personal values in clear are left out (see `shownTo`) */
  readonly shown: JsonObject
  /** personal values that the tenant discloses to this outlet, by their JSON pointer (RFC 6901) in the record */
  readonly disclosed: Readonly<Record<string, Json>>
}

/** What every delivery of one record has in common: a receiver that saw it before has seen this record before. */
export const eventIdOf = ({ tenant, leafIndex }: Pick<Delivered, 'tenant' | 'leafIndex'>): string =>
  `${tenant}/${leafIndex}`

/** The leaf hash of RFC 6962 §2.1: what an inclusion proof of this record begins with. Hex. */
export const leafHashOf = ({ bytes }: Delivered): string =>
  createHash('sha256').update('\0').update(bytes, 'utf8').digest('hex')

export const sha256Of = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
