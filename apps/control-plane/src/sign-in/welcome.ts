import { Injectable } from '@nestjs/common'
import { NewHuman } from '@writ/contracts'
import type { HumanId } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { HumansService } from '../humans/humans.service.ts'
import { linkIdentity } from '../humans/identities.ts'
import { isProven } from '../sso/domains.service.ts'
import type { OpenSsoConnection, ProvenIdentity } from '../sso/relying-party.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Which human of a tenant a proven identity is. */
@Injectable()
export class Welcome {
  constructor(
    private readonly clock: Clock,
    private readonly humans: HumansService,
    private readonly administrations: Administrations,
  ) {}

  /**
   * Issuer and subject say it. Whoever is new is made, but only where the connection may do that, from a domain that is proven to be
   * the tenant's, with a verified address, and never where that address is somebody's already: an address is not who one is.
   * @returns null where they are not let in; why is nobody's business at that door
   */
  async admit(
    db: TenantDb,
    connection: OpenSsoConnection,
    identity: ProvenIdentity,
  ): Promise<HumanId | null> {
    // Held until the session is there: whoever is suspended at this moment comes before it or after it.
    const known = await db.first<{ id: HumanId; status: string }>(
      `select h.id, h.status from writ.human_identities i
       join writ.humans h on h.tenant_id = i.tenant_id and h.id = i.human_id
       where i.tenant_id = $1 and i.issuer = $2 and i.subject = $3 for share of h`,
      [identity.issuer, identity.subject],
    )
    if (known) return known.status === 'active' ? known.id : null
    return this.#make(db, connection, identity)
  }

  async #make(
    db: TenantDb,
    connection: OpenSsoConnection,
    identity: ProvenIdentity,
  ): Promise<HumanId | null> {
    const person = NewHuman.safeParse({ name: identity.name ?? identity.email, email: identity.email })
    if (!connection.jit || !identity.emailVerified || !person.success) return null
    const { name, email } = person.data
    if (!(await isProven(db, domainOf(email), connection.id)) || (await isTaken(db, email))) return null
    const { id } = await this.humans.create(db, { name, email })
    await linkIdentity(db, { ...identity, human: id }, new Date(this.clock.nowMs()))
    await this.administrations.record(db, {
      permission: 'humans.write',
      route: 'sign-in',
      by: { kind: 'platform', id: connection.id, name: 'sign-in' },
      target: id,
      before: null,
      after: { id, name, email, issuer: identity.issuer, subject: identity.subject },
    })
    return id
  }
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase()

const isTaken = async (db: TenantDb, email: string): Promise<boolean> =>
  (await db.first('select 1 from writ.humans where tenant_id = $1 and lower(email) = lower($2)', [email])) !==
  null
