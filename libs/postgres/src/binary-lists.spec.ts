import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import * as fc from 'fast-check'
import { Client } from 'pg'
import { bytesList, floatList, integerList, textList } from './binary-lists.ts'
import { createTestDatabase } from './testing.ts'
import type { TestDatabase } from './testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let client: Client

beforeAll(async () => {
  database = await createTestDatabase()
  client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await database.drop()
})

async function readBack(type: string, list: Buffer): Promise<unknown> {
  const { rows } = await client.query(`select $1::${type}[] as list`, [list])
  return rows[0].list
}

// Graphemes: no lone surrogates, which UTF-8 cannot say, and no NUL, which text cannot hold.
const texts = fc.string({ unit: 'grapheme' })

/** Some lists of such members, and an empty one. */
const listsOf = <T>(member: fc.Arbitrary<T>): T[][] => [
  [],
  ...fc.sample(fc.array(member, { maxLength: 40 }), 40),
]

describe('a list in binary form is read by Postgres as what it was made of', () => {
  it('when it is of texts, and of none', async () => {
    for (const list of listsOf(fc.option(texts))) expect(await readBack('text', textList(list))).toEqual(list)
  })

  it('when it is of integers, and of none', async () => {
    for (const list of listsOf(fc.option(fc.integer())))
      expect(await readBack('integer', integerList(list))).toEqual(list)
  })

  it('when it is of numbers', async () => {
    for (const list of listsOf(fc.double({ noNaN: true })))
      expect(await readBack('float8', floatList(list))).toEqual(list)
  })

  it('when it is of bytes, which are the UTF-8 of its texts', async () => {
    const given = ['', 'a\0b', 'ä€\u{1F600}', '"\\{},NULL', 'x'.repeat(100_000)]
    expect(await readBack('bytea', bytesList(given))).toEqual(given.map((text) => Buffer.from(text)))
  })
})
