import { Injectable } from '@nestjs/common'
import { verifyEvidenceInSteps } from '@writ/audit'
import type { Evidence, Verification } from '@writ/contracts'
import { readEvidence, sizeOfEvidence } from '@writ/postgres'
import type { EvidenceSize } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { conflict, ProblemError } from '../http/problem.ts'
import { Room } from '../http/room.ts'
import { Turns } from '../policies/turns.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** All of it is in memory at once, and others of the process wait while it is read and written. */
const MOST = { records: 25_000, streams: 25_000, bytes: 32 * 1024 * 1024 }
const AT_ONCE = { all: 4, each: 2 }
/** Less than a transaction may stand still. */
const VERIFY_MS = 20_000

/** What the records of a small tenant are verified with. Those of a large one have packs. */
@Injectable()
export class EvidenceService {
  readonly #room = new Room(AT_ONCE)

  constructor(private readonly clock: Clock) {}

  /** @throws 409 where there is more than one answer holds; 429 where too many ask at once */
  evidence(db: TenantDb): Promise<Evidence> {
    return this.#with(db, async (evidence) => evidence)
  }

  /** @throws as evidence does, and 422 when it takes too long */
  verify(db: TenantDb): Promise<Verification> {
    return this.#with(db, (evidence) =>
      new Turns('verifying the records', VERIFY_MS).run(verifyEvidenceInSteps(evidence)),
    )
  }

  async #with<T>({ manager, tenant }: TenantDb, use: (evidence: Evidence) => Promise<T>): Promise<T> {
    const leave = this.#room.enter(tenant.id)
    if (leave === null) throw tooMany()
    try {
      requireModest(await sizeOfEvidence(manager, MOST.records))
      const exportedAt = new Date(this.clock.nowMs())
      return await use(await readEvidence(manager, { tenantId: tenant.id, exportedAt }))
    } finally {
      leave()
    }
  }
}

function requireModest({ records, streams, bytes }: EvidenceSize): void {
  if (bytes !== null && bytes <= MOST.bytes && streams <= MOST.streams) return
  throw conflict(
    `the log has ${records} records in ${streams} streams, and evidence is of at most ${MOST.records} records (32 MiB) in ${MOST.streams} streams: ask for a pack`,
  )
}

const tooMany = () =>
  new ProblemError(
    { title: 'Too Many Requests', status: 429, detail: 'evidence is being read already: try again' },
    { 'retry-after': '1' },
  )
