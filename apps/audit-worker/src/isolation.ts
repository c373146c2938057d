import { readRecord } from '@writ/audit'
import type { AuditRecord, StreamBatch } from '@writ/contracts'
import type { Trouble } from '@writ/redis'
import { z } from 'zod'

/** So often a batch may end its worker, or fail for what is in it, before its records are looked at one by one. */
export const PATIENCE = { ended: 4, failed: 5 } as const
/** So often a worker has to end while it reads one record: once may be for another reason. */
const ENDS_OF_POISON = 2

const Note = z.object({
  /** places of records that end whoever reads them */
  poison: z.array(z.int().nonnegative()),
  /** the record that was being read; null: none was */
  at: z.int().nonnegative().nullable(),
  /** how often in a row it was */
  times: z.int().positive().default(1),
})
const CLEAN: z.infer<typeof Note> = { poison: [], at: null, times: 1 }

/**
 * Which records of a batch cannot be read, found one by one: each is named in a note before it is touched, so that when it ends this worker
 * the next one knows, and when it ended two, touches it no more. Nothing else may be read meanwhile: it would be blamed on the record in the note.
 * @param stored places that the ledger has, and that nobody need read
 * @returns their places
 */
export async function findPoison(
  batch: StreamBatch,
  stored: ReadonlySet<number>,
  trouble: Trouble,
): Promise<ReadonlySet<number>> {
  const { poison: known, at: suspect, times } = Note.safeParse(trouble.note).data ?? CLEAN
  const poison = new Set(known)
  if (suspect !== null && times >= ENDS_OF_POISON) poison.add(suspect)
  for (const [at, bytes] of batch.records.entries()) {
    if (poison.has(at) || stored.has(at)) continue
    await trouble.keepNote({ poison: [...poison], at, times: at === suspect ? times + 1 : 1 })
    readRecord(bytes)
  }
  await trouble.keepNote({ poison: [...poison], at: null })
  return poison
}

/** Lets one thing be read at a time. */
export class Reading {
  #last: Promise<unknown> = Promise.resolve()

  async alone<T>(read: () => T | Promise<T>): Promise<T> {
    const mine = this.#last.then(read)
    this.#last = mine.catch(() => undefined)
    return mine
  }
}

/** Takes the records for a trial, with nothing left of it; rejects when that fails. */
export type Trial = (records: readonly (AuditRecord | null)[]) => Promise<void>

/**
 * Which records make a trial fail, halving where it does. Null where it fails even without any of them: then it is not the records.
 * @returns their places
 */
export async function findFailing(
  records: readonly (AuditRecord | null)[],
  trial: Trial,
): Promise<ReadonlySet<number> | null> {
  const fails = async (from: number, to: number): Promise<boolean> => {
    const some = records.map((record, at) => (at >= from && at < to ? record : null))
    return trial(some).then(
      () => false,
      (error: unknown) => {
        if (!isOfRecord(error)) throw error
        return true
      },
    )
  }
  if (await fails(0, 0)) return null
  const failing = new Set<number>()
  const search = async (from: number, to: number): Promise<void> => {
    if (from >= to || !(await fails(from, to))) return
    if (to - from === 1) failing.add(from)
    else {
      const middle = from + Math.floor((to - from) / 2)
      await search(from, middle)
      await search(middle, to)
    }
  }
  await search(0, records.length)
  return failing
}

/** Data that the database does not take, a rule of the schema, or a limit of it: coming again will not help. Anything else may pass. */
export function isOfRecord(error: unknown): boolean {
  const code = codeOf(error)
  if (code === null) return error instanceof RangeError || error instanceof TypeError
  return /^(?:22|23|54)/.test(code)
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code, driverError } = error as Error & { code?: unknown; driverError?: unknown }
  if (typeof code === 'string') return code
  return driverError === undefined || driverError === error ? null : codeOf(driverError)
}
