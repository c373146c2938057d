import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { DataSource } from 'typeorm'
import { migrate } from '../migrate.ts'
import { createTestDatabase } from '../test-database.ts'
import type { TestDatabase } from '../test-database.ts'
import { MIGRATIONS } from './list.ts'

jest.setTimeout(60_000)

let database: TestDatabase

/** A database as the release before left it, with a row of two tenants in each table that is rewritten. */
beforeAll(async () => {
  database = await createTestDatabase()
  await database.query('drop schema writ cascade; drop schema app cascade')
  await database.query(
    'create schema writ authorization writ_owner; create schema app authorization writ_owner',
  )
  const source = new DataSource({
    type: 'postgres',
    url: database.ownerUrl,
    schema: 'writ',
    extra: { options: '-c role=writ_owner' },
    migrations: MIGRATIONS.slice(0, 5),
    migrationsTableName: 'migrations',
    installExtensions: false,
  })
  await source.initialize()
  await source.runMigrations()
  await source.destroy()
  for (const tenant of ['one', 'two']) await database.query(rowsOfBefore(tenant))
})
afterAll(() => database?.drop())

const DOCUMENT = {
  writ: 1,
  mode: 'enforce',
  rules: [
    {
      id: 'r',
      effect: 'deny',
      on: ['outbound'],
      when: { path: 'action.class', op: 'eq', value: 'delete' },
      reason: 'no',
    },
  ],
}

const rowsOfBefore = (tenant: string): string => `
  begin;
  select set_config('app.tenant_id', '${tenant}', true);
  insert into writ.tenants (id, slug, name, default_group_id) values ('${tenant}', '${tenant}', 'n', 'g');
  insert into writ.access_groups (tenant_id, id, name, is_default) values ('${tenant}', 'g', 'default', true);
  insert into writ.connections (tenant_id, id, name, url, credential_kind, tool_classes)
    values ('${tenant}', 'c', 'n', 'u', 'none', '{"drop": "delete", "look": "read"}');
  insert into writ.policies (tenant_id, id, name) values ('${tenant}', 'p', 'n');
  insert into writ.policy_versions (tenant_id, policy_id, version, document)
    values ('${tenant}', 'p', 1, '${JSON.stringify(DOCUMENT)}');
  commit;
`

describe('the migration to the policy engine', () => {
  it('renames the action classes of every tenant, and guards the tables again', async () => {
    await migrate({
      ownerUrl: database.ownerUrl,
      appPassword: decodeURIComponent(new URL(database.appUrl).password),
      workerPassword: decodeURIComponent(new URL(database.workerUrl).password),
    })
    expect(
      await database.query('select tenant_id, tool_classes, trust from writ.connections order by 1'),
    ).toEqual(
      ['one', 'two'].map((tenant) => ({
        tenant_id: tenant,
        tool_classes: { drop: 'destructive', look: 'read.private' },
        trust: 'external',
      })),
    )
    const documents = await database.query<{ document: typeof DOCUMENT }>(
      'select document from writ.policy_versions',
    )
    expect(documents.map(({ document }) => document.rules[0]?.when.value)).toEqual([
      'destructive',
      'destructive',
    ])
    expect(
      await database.query(
        `select relname from pg_class where relnamespace = 'writ'::regnamespace and relrowsecurity and not relforcerowsecurity`,
      ),
    ).toEqual([])
  })
})
