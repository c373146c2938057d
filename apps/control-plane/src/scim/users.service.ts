import { Injectable } from '@nestjs/common'
import { HumanId } from '@writ/contracts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { HumanStanding } from '../humans/human-standing.ts'
import { HumansService } from '../humans/humans.service.ts'
import { linkIdentity, unlinkIdentity } from '../humans/identities.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { Directory } from './directories.service.ts'
import { conditionsOf } from './list.ts'
import type { Asked, Listed } from './list.ts'
import { readOperations } from './patch-forms.ts'
import { personOf } from './person.ts'
import type { Person } from './person.ts'
import { patched, readResource } from './schema.ts'
import type { ScimResource } from './resource.ts'
import { notThere, taken } from './scim-error.ts'

/** The users of a directory: humans of the tenant that it made. It sees no others. */
@Injectable()
export class ScimUsersService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly mint: Mint,
    private readonly humans: HumansService,
    private readonly standing: HumanStanding,
  ) {}

  async list(db: TenantDb, { id }: Directory, { filter, startIndex, count }: Asked): Promise<Listed> {
    const { where, values } = conditionsOf(filter, FILTERS, [id])
    const counted = await db.first<{ total: number }>(
      `select count(*)::int as total ${FROM} ${where}`,
      values,
    )
    const rows = await db.rows<UserRow>(
      `${SELECT} ${where} order by u.human_id offset $${values.length + 2} limit $${values.length + 3}`,
      [...values, startIndex - 1, count],
    )
    return { total: counted?.total ?? 0, resources: rows.map((row) => this.#viewOf(db, row)) }
  }

  async get(db: TenantDb, { id: directory }: Directory, id: string): Promise<ScimResource> {
    const row = await db.first<UserRow>(`${SELECT} and u.human_id = $3`, [directory, id])
    if (!row) throw notThere()
    return this.#viewOf(db, row)
  }

  /** One that the directory had deleted is the same human again. */
  async create(db: TenantDb, directory: Directory, sent: ScimResource): Promise<ScimResource> {
    const resource = readResource('User', sent)
    const person = personOf(resource)
    const back = await this.#deletedOf(db, directory, person)
    const human = back ?? (await this.humans.create(db, person)).id
    if (back === null) await this.#insert(db, directory, human, person)
    await this.#keep(db, directory, human, resource)
    return this.get(db, directory, human)
  }

  async replace(db: TenantDb, directory: Directory, id: string, sent: ScimResource): Promise<ScimResource> {
    const human = await this.#requireHuman(db, directory, id)
    await this.#keep(db, directory, human, readResource('User', sent))
    return this.get(db, directory, human)
  }

  async patch(db: TenantDb, directory: Directory, id: string, body: ScimResource): Promise<ScimResource> {
    const human = await this.#requireHuman(db, directory, id)
    const now = { ...(await this.get(db, directory, human)), active: await isSaidActive(db, human) }
    await this.#keep(db, directory, human, await patched('User', now, readOperations(body, now)))
    return this.get(db, directory, human)
  }

  /** The human stays, suspended: records name them. */
  async remove(db: TenantDb, directory: Directory, id: string): Promise<void> {
    const human = await this.#requireHuman(db, directory, id)
    await this.standing.suspend(db, human, directory.id)
    await db.rows('update writ.directory_users set deleted_at = $3 where tenant_id = $1 and human_id = $2', [
      human,
      this.#now(),
    ])
  }

  /** For the record of what a directory does, whichever it is. */
  async recorded(db: TenantDb, id: string): Promise<unknown> {
    const human = HumanId.safeParse(id)
    return human.success ? this.humans.get(db, human.data) : null
  }

  // All of it in the transaction of the request: whoever is not active any more is nobody when the answer goes out.
  async #keep(db: TenantDb, directory: Directory, human: HumanId, resource: ScimResource): Promise<void> {
    const person = personOf(resource)
    const wasSaidActive = await isSaidActive(db, human)
    await this.#rename(db, human, person)
    await this.#relink(db, directory, human, person)
    await db.rows(
      `update writ.directory_users set user_name = $3, external_id = $4, resource = $5, changed_at = $6, deleted_at = null
       where tenant_id = $1 and human_id = $2`,
      [human, person.userName, person.externalId, JSON.stringify(keptOf(resource)), this.#now()],
    )
    if (person.active) await this.#bringBack(db, human, wasSaidActive)
    else await this.standing.suspend(db, human, directory.id)
  }

  /** Whom the directory had not ended itself somebody else has, and it is for people to take that back. */
  async #bringBack(db: TenantDb, human: HumanId, wasSaidActive: boolean): Promise<void> {
    if (!wasSaidActive) await this.standing.restore(db, human)
  }

  async #rename(db: TenantDb, human: HumanId, { name, email }: Person): Promise<void> {
    const renamed = await db.first(
      `update writ.humans set name = $3, email = $4 where tenant_id = $1 and id = $2 and (name, email) <> ($3, $4) returning id`,
      [human, name, email],
    )
    if (renamed) await this.mint.mint(db)
  }

  /** Where the directory speaks for a connection, its `externalId` is the subject there. */
  async #relink(db: TenantDb, { issuer }: Directory, human: HumanId, { externalId }: Person): Promise<void> {
    if (issuer === null) return
    const before = await db.first<{ externalId: string | null }>(
      'select external_id as "externalId" from writ.directory_users where tenant_id = $1 and human_id = $2',
      [human],
    )
    const old = before?.externalId ?? null
    if (old !== null && old !== externalId) await unlinkIdentity(db, { issuer, subject: old, human })
    if (externalId !== null && !(await isLinked(db, issuer, externalId, human)))
      await linkIdentity(db, { issuer, subject: externalId, human }, this.#now())
  }

  async #insert(db: TenantDb, directory: Directory, human: HumanId, { userName }: Person): Promise<void> {
    const now = this.#now()
    await db.insert('directory_users', {
      human_id: human,
      directory_id: directory.id,
      user_name: userName,
      resource: '{}',
      created_at: now,
      changed_at: now,
    })
  }

  /** @throws 409 for one that is there */
  async #deletedOf(db: TenantDb, directory: Directory, { userName }: Person): Promise<HumanId | null> {
    const row = await db.first<{ human: HumanId; isDeleted: boolean }>(
      `select human_id as human, deleted_at is not null as "isDeleted" from writ.directory_users
       where tenant_id = $1 and directory_id = $2 and lower(user_name) = lower($3) for update`,
      [directory.id, userName],
    )
    if (row && !row.isDeleted) throw taken('this userName exists already')
    return row?.human ?? null
  }

  async #requireHuman(db: TenantDb, { id: directory }: Directory, id: string): Promise<HumanId> {
    const human = HumanId.safeParse(id)
    const row =
      human.success &&
      (await db.first(
        `select 1 from writ.directory_users where tenant_id = $1 and directory_id = $2 and human_id = $3
           and deleted_at is null for update`,
        [directory, human.data],
      ))
    if (!human.success || !row) throw notThere()
    return human.data
  }

  #viewOf({ tenant }: TenantDb, row: UserRow): ScimResource {
    return {
      ...row.resource,
      id: row.id,
      userName: row.user_name,
      active: row.is_active,
      meta: {
        resourceType: 'User',
        created: row.created_at.toISOString(),
        lastModified: row.changed_at.toISOString(),
        location: `${this.settings.directoryUrlOf(tenant.slug)}/Users/${row.id}`,
      },
    }
  }

  #now(): Date {
    return new Date(this.clock.nowMs())
  }
}

// What we know by ourselves is not kept a second time.
const keptOf = (resource: ScimResource): ScimResource =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => name !== 'id' && name !== 'meta'))

const isLinked = async (db: TenantDb, issuer: string, subject: string, human: HumanId): Promise<boolean> =>
  (await db.first(
    `select 1 from writ.human_identities where tenant_id = $1 and issuer = $2 and subject = $3 and human_id = $4`,
    [issuer, subject, human],
  )) !== null

/** Whether the directory itself last said that they are there. */
async function isSaidActive(db: TenantDb, human: HumanId): Promise<boolean> {
  const said = await db.first<{ active: boolean }>(
    `select deleted_at is null and coalesce(resource ->> 'active', 'true') <> 'false' as active
     from writ.directory_users where tenant_id = $1 and human_id = $2`,
    [human],
  )
  return said?.active ?? true
}

type UserRow = {
  id: HumanId
  user_name: string
  resource: ScimResource
  is_active: boolean
  created_at: Date
  changed_at: Date
}

const FROM = `from writ.directory_users u join writ.humans h on h.tenant_id = u.tenant_id and h.id = u.human_id
  where u.tenant_id = $1 and u.directory_id = $2 and u.deleted_at is null`
const SELECT = `select u.human_id as id, u.user_name, u.resource, h.status = 'active' as is_active, u.created_at, u.changed_at ${FROM}`

const FILTERS = {
  id: 'u.human_id = ?',
  username: 'lower(u.user_name) = lower(?)',
  externalid: 'u.external_id = ?',
  'emails.value': 'lower(h.email) = lower(?)',
}
