import { Injectable } from '@nestjs/common'
import { AccessGroupId, NewAccessGroup } from '@writ/contracts'
import { AccessGroupsService } from '../access-groups/access-groups.service.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { Directory } from './directories.service.ts'
import { conditionsOf } from './list.ts'
import type { Asked, Listed } from './list.ts'
import { readOperations } from './patch-forms.ts'
import { aboutMembers, apart, patchedMembers } from './members.ts'
import { patched, readResource } from './schema.ts'
import type { ScimResource } from './resource.ts'
import { invalidValue, notThere } from './scim-error.ts'

/** The groups of a directory: access groups of the tenant that it made, and of their members those that are its users. */
@Injectable()
export class ScimGroupsService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly mint: Mint,
    private readonly groups: AccessGroupsService,
  ) {}

  async list(db: TenantDb, { id }: Directory, { filter, startIndex, count }: Asked): Promise<Listed> {
    const { where, values } = conditionsOf(filter, FILTERS, [id])
    const counted = await db.first<{ total: number }>(
      `select count(*)::int as total ${FROM} ${where}`,
      values,
    )
    const rows = await db.rows<GroupRow>(
      `${SELECT} ${where} order by g.id offset $${values.length + 2} limit $${values.length + 3}`,
      [...values, startIndex - 1, count],
    )
    return { total: counted?.total ?? 0, resources: rows.map((row) => this.#viewOf(db, row)) }
  }

  async get(db: TenantDb, { id: directory }: Directory, id: string): Promise<ScimResource> {
    const row = await db.first<GroupRow>(`${SELECT} and g.id = $3`, [directory, id])
    if (!row) throw notThere()
    return this.#viewOf(db, row)
  }

  async create(db: TenantDb, directory: Directory, sent: ScimResource): Promise<ScimResource> {
    const { group, members } = apart(sent)
    const resource = readResource('Group', group)
    const { id } = await this.groups.create(db, NewAccessGroup.parse({ name: nameOf(resource) }))
    const now = new Date(this.clock.nowMs())
    await db.insert('directory_groups', {
      group_id: id,
      directory_id: directory.id,
      created_at: now,
      changed_at: now,
    })
    await this.#keep(db, directory, id, { resource, members })
    return this.get(db, directory, id)
  }

  async replace(db: TenantDb, directory: Directory, id: string, sent: ScimResource): Promise<ScimResource> {
    const known = await this.#requireGroup(db, directory, id)
    const { group, members } = apart(sent)
    await this.#keep(db, directory, known, { resource: readResource('Group', group), members })
    return this.get(db, directory, known)
  }

  async patch(db: TenantDb, directory: Directory, id: string, body: ScimResource): Promise<ScimResource> {
    const known = await this.#requireGroup(db, directory, id)
    const { group, members } = apart(await this.get(db, directory, known))
    const [about, others] = aboutMembers(readOperations(body, group))
    const resource = await patched('Group', group, others)
    await this.#keep(db, directory, known, { resource, members: patchedMembers(members, about) })
    return this.get(db, directory, known)
  }

  async remove(db: TenantDb, directory: Directory, id: string): Promise<void> {
    await this.groups.remove(db, await this.#requireGroup(db, directory, id))
  }

  /** For the record of what a directory does, whichever it is. */
  async recorded(db: TenantDb, id: string): Promise<unknown> {
    const group = AccessGroupId.safeParse(id)
    return group.success ? this.groups.get(db, group.data) : null
  }

  async #keep(
    db: TenantDb,
    directory: Directory,
    group: AccessGroupId,
    { resource, members }: { readonly resource: ScimResource; readonly members: readonly string[] },
  ): Promise<void> {
    const externalId = resource['externalId']
    await db.rows('update writ.access_groups set name = $3 where tenant_id = $1 and id = $2', [
      group,
      nameOf(resource),
    ])
    await db.rows(
      'update writ.directory_groups set external_id = $3, changed_at = $4 where tenant_id = $1 and group_id = $2',
      [group, typeof externalId === 'string' ? externalId.slice(0, 255) : null, new Date(this.clock.nowMs())],
    )
    await replaceMembers(db, directory, group, members)
    await this.mint.mint(db)
  }

  async #requireGroup(db: TenantDb, { id: directory }: Directory, id: string): Promise<AccessGroupId> {
    const group = AccessGroupId.safeParse(id)
    const row =
      group.success &&
      (await db.first(
        'select 1 from writ.directory_groups where tenant_id = $1 and directory_id = $2 and group_id = $3 for update',
        [directory, group.data],
      ))
    if (!group.success || !row) throw notThere()
    return group.data
  }

  #viewOf({ tenant }: TenantDb, row: GroupRow): ScimResource {
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      id: row.id,
      ...(row.external_id !== null && { externalId: row.external_id }),
      displayName: row.name,
      members: row.members,
      meta: {
        resourceType: 'Group',
        created: row.created_at.toISOString(),
        lastModified: row.changed_at.toISOString(),
        location: `${this.settings.directoryUrlOf(tenant.slug)}/Groups/${row.id}`,
      },
    }
  }
}

/** Members that an admin put in by hand, and that are no users of the directory, stay. @throws ScimError */
async function replaceMembers(
  db: TenantDb,
  { id: directory }: Directory,
  group: AccessGroupId,
  wanted: readonly string[],
): Promise<void> {
  const known = await db.rows<{ id: string }>(
    `select human_id as id from writ.directory_users where tenant_id = $1 and directory_id = $2 and deleted_at is null
       and human_id = any($3::text[])`,
    [directory, wanted],
  )
  if (known.length !== wanted.length) throw invalidValue('a member is not a user of this directory')
  await db.rows(
    `delete from writ.group_humans m using writ.directory_users u where m.tenant_id = $1 and m.group_id = $2
       and u.tenant_id = m.tenant_id and u.human_id = m.human_id and u.directory_id = $3 and m.human_id <> all($4::text[])`,
    [group, directory, wanted],
  )
  await db.rows(
    `insert into writ.group_humans (tenant_id, group_id, human_id) select $1, $2, m from unnest($3::text[]) m
     on conflict do nothing`,
    [group, wanted],
  )
}

function nameOf({ displayName }: ScimResource): string {
  const name = NewAccessGroup.shape.name.safeParse(displayName)
  if (!name.success) throw invalidValue('a group needs a displayName of 1 to 100 characters')
  return name.data
}

type GroupRow = {
  id: AccessGroupId
  name: string
  external_id: string | null
  members: { value: string; display: string }[]
  created_at: Date
  changed_at: Date
}

const FROM = `from writ.directory_groups d join writ.access_groups g on g.tenant_id = d.tenant_id and g.id = d.group_id
  where d.tenant_id = $1 and d.directory_id = $2`
const SELECT = `select g.id, g.name, d.external_id, d.created_at, d.changed_at,
  coalesce((select json_agg(json_build_object('value', u.human_id, 'display', u.user_name) order by u.human_id)
    from writ.group_humans m join writ.directory_users u on u.tenant_id = m.tenant_id and u.human_id = m.human_id
    where m.tenant_id = g.tenant_id and m.group_id = g.id and u.directory_id = d.directory_id and u.deleted_at is null), '[]')
  as members ${FROM}`

const MEMBER = `exists (select from writ.group_humans m where m.tenant_id = g.tenant_id and m.group_id = g.id and m.human_id = ?)`
const FILTERS = {
  id: 'g.id = ?',
  displayname: 'lower(g.name) = lower(?)',
  externalid: 'd.external_id = ?',
  members: MEMBER,
  'members.value': MEMBER,
}
