import { Injectable } from '@nestjs/common'
import { HumanId, isSealed } from '@writ/contracts'
import type {
  Administration,
  AuditRecord,
  DecisionId,
  Json,
  PersonName,
  RecordedErasure,
  RecordedFinding,
} from '@writ/contracts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { sealedTo, SubjectKeys } from '../personal/subject-keys.ts'
import type { Subject } from '../personal/subject-keys.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { humansIn, onHumans } from './personal-members.ts'
import { recordable, withoutSecrets } from './recordable.ts'

/** What was done to a tenant. `before` and `after` are views, as the API shows them. */
export type AdministrativeEvent = Omit<Administration, 'before' | 'after' | 'by'> & {
  readonly by: Omit<Administration['by'], 'name'> & { readonly name: string }
  readonly before: unknown
  readonly after: unknown
}

/** What was found in the records of a session, and whose session it is. */
export type FoundEvent = Pick<AuditRecord, 'session' | 'agent' | 'human'> & {
  readonly finding: RecordedFinding
}

/** What else the platform itself has to say: members of a record that are not those of an empty one. */
export type PlatformEvent = Partial<AuditRecord> & Pick<AuditRecord, 'kind'>

/** What the record of a transaction says besides who did it. */
type Besides = Pick<AuditRecord, 'kind'> & Pick<Required<AuditRecord>, 'erasure'>

/** Keeps what administrators, directories and the platform itself do to a tenant, in the transaction in which they do it. */
@Injectable()
export class Administrations {
  readonly #besides = new WeakMap<TenantDb, Besides>()

  constructor(
    private readonly clock: Clock,
    private readonly subjects: SubjectKeys,
  ) {}

  /** The event of this transaction is an erasure. */
  asErasure(db: TenantDb, erasure: RecordedErasure): void {
    this.#besides.set(db, { kind: 'erasure', erasure })
  }

  /**
   * One event; the sealer makes it a record of the tenant's audit. Secrets in the views are left out, and what they say of a human is
   * sealed to that human.
   * Call it last in a transaction: it holds the row of the tenant until commit, as minting a bundle does.
   */
  async record(db: TenantDb, event: AdministrativeEvent): Promise<void> {
    const administration = await this.administration(db, event)
    await this.#keep(db, newId('dec', this.clock.nowMs()), { administration, record: this.#besides.get(db) })
  }

  /** An event as its record tells it. */
  async administration(
    db: TenantDb,
    { before, after, by, ...event }: AdministrativeEvent,
  ): Promise<Administration> {
    const actor = HumanId.safeParse(by.kind === 'human' ? by.id : null).data
    const views = [withoutSecrets(before), withoutSecrets(after)]
    const subjects = await this.subjects.of(db, [...views.flatMap(humansIn), ...(actor ? [actor] : [])])
    const seal = (human: HumanId, text: string): PersonName => sealedOrLeftOut(subjects.get(human), text)
    const personal = (view: Json): Json => onHumans(view, seal)
    return {
      ...event,
      by: { ...by, name: actor ? seal(actor, by.name) : by.name },
      before: recordable(before, personal),
      after: recordable(after, personal),
    }
  }

  /** The same for what the platform found. Call it last in a transaction, too. */
  async found(db: TenantDb, id: DecisionId, { human, ...event }: FoundEvent): Promise<void> {
    const named = human && { id: human.id, name: isSealed(human.name) ? human.name : human.id }
    await this.#keep(db, id, { finding: { ...event, human: named } satisfies FoundEvent })
  }

  /** And for whatever else it has to say. */
  async note(db: TenantDb, id: DecisionId, record: PlatformEvent): Promise<void> {
    await this.#keep(db, id, { record })
  }

  async #keep(
    db: TenantDb,
    id: DecisionId,
    { administration, finding, record }: { administration?: unknown; finding?: unknown; record?: unknown },
  ): Promise<void> {
    const values = [administration, finding, record].map((value) =>
      value === undefined ? null : JSON.stringify(value),
    )
    await db.rows(INSERT, [id, new Date(this.clock.nowMs()), ...values])
  }
}

const LEFT_OUT = '…'

/** Of whom no key can be had, nothing is kept. */
const sealedOrLeftOut = (subject: Subject | undefined, text: string): PersonName =>
  subject ? sealedTo(subject, text) : LEFT_OUT

// Numbered by the row of the tenant: a number is visible only when all before it are. What the ledger has counts as numbered, also where a
// replica that took over does not know the event any more: its record may have waited outside, and came.
const INSERT = `
  with kept as (
    select coalesce(max(s.next_seq), 0) as next_seq from writ.streams s join writ.nodes n on n.id = s.node_id
     where s.tenant_id = $1 and n.kind = 'control-plane'
  ), numbered as (
    update writ.tenants set administration_seq = greatest(administration_seq, (select next_seq from kept)) + 1
     where id = $1 returning administration_seq
  )
  insert into writ.administration_events (tenant_id, seq, decision_id, at, administration, finding, record)
  select $1, administration_seq, $2, $3, $4, $5, $6 from numbered`
