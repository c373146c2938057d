import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { openDatabase } from './data-source.ts'
import { migrate } from './migrate.ts'
import { createTestDatabase } from './test-database.ts'
import type { TestDatabase } from './test-database.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let owner: Client

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
})

afterAll(async () => {
  await owner.end()
  await database.drop()
})

const settings = () => ({
  ownerUrl: database.ownerUrl,
  appPassword: decodeURIComponent(new URL(database.appUrl).password),
  workerPassword: decodeURIComponent(new URL(database.workerUrl).password),
})

const tablesAndVersions = async () => {
  const { rows } = await owner.query(
    `select c.oid::int, c.relname, (select count(*)::int from writ.migrations) as migrations
       from pg_class c where relnamespace = 'writ'::regnamespace order by 1`,
  )
  return rows
}

describe('migrating', () => {
  it('changes nothing the second time, also when several processes start at once', async () => {
    const before = await tablesAndVersions()
    expect(before.length).toBeGreaterThan(40)
    await Promise.all([migrate(settings()), migrate(settings()), migrate(settings())])
    expect(await tablesAndVersions()).toEqual(before)
  })

  it('gives the roles their passwords, and tells the server only a verifier', async () => {
    const app = await openDatabase(database.appUrl, { poolSize: 1, applicationName: 'spec' })
    expect(await app.isReachable()).toBe(true)
    await app.close()
    const { rows } = await owner.query<{ rolpassword: string }>(
      `select rolpassword from pg_authid where rolname in ('writ_app', 'writ_worker')`,
    )
    expect(rows.map((row) => row.rolpassword.split('$')[0])).toEqual(['SCRAM-SHA-256', 'SCRAM-SHA-256'])
  })

  it('refuses a password that it could not set as given', async () => {
    for (const appPassword of ['short', 'pässwörd-long-enough', "quote'and\nline"])
      await expect(migrate({ ...settings(), appPassword })).rejects.toThrow(/printable ASCII/)
  })

  it('leaves the owner of the tables without a login and the roles without power', async () => {
    const { rows } = await owner.query(
      `select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as power
         from pg_roles where rolname like 'writ\\_%' and rolname in ('writ_owner', 'writ_app', 'writ_worker') order by 1`,
    )
    expect(rows).toEqual([
      { rolname: 'writ_app', rolcanlogin: true, power: false },
      { rolname: 'writ_owner', rolcanlogin: false, power: false },
      { rolname: 'writ_worker', rolcanlogin: true, power: false },
    ])
  })
})

describe('a plain owner of the database', () => {
  it('with CREATEROLE can migrate a server that has no roles of ours', async () => {
    const suffix = randomBytes(6).toString('hex')
    const [role, name] = [`writ_plain_${suffix}`, `writ_test_plain_${suffix}`]
    await owner.query(`create role ${role} login createrole password '${suffix}'`)
    // On a server where another role made ours, administering them has to be given; from Postgres 16 on CREATEROLE alone is not it.
    for (const ours of ['writ_owner', 'writ_app', 'writ_worker'])
      await owner.query(`grant ${ours} to ${role} with admin option`)
    await owner.query(`create database ${name} owner ${role}`)
    const url = new URL(database.ownerUrl)
    Object.assign(url, { username: role, password: suffix, pathname: `/${name}` })
    try {
      await migrate({ ...settings(), ownerUrl: url.href })
      const plain = new Client({ connectionString: url.href })
      await plain.connect()
      const { rows } = await plain.query(
        `select distinct tableowner from pg_tables where schemaname = 'writ'`,
      )
      await plain.end()
      expect(rows).toEqual([{ tableowner: 'writ_owner' }])
    } finally {
      await owner.query(`drop database ${name} with (force)`)
      await owner.query(`drop role ${role}`)
    }
  })
})
