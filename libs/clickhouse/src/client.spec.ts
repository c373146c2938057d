import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { clickHouseAt, createClickHouse } from './client.ts'

describe('the URL of a ClickHouse', () => {
  it('says where it is, which database, and as whom', () => {
    expect(clickHouseAt('https://wr%40it:p%3Ass@index.example:8443/audit')).toEqual({
      url: 'https://index.example:8443',
      database: 'audit',
      user: 'wr@it',
      password: 'p:ss',
    })
    expect(clickHouseAt('http://127.0.0.1:8123')).toEqual({
      url: 'http://127.0.0.1:8123',
      database: 'default',
    })
  })

  it.each([
    'index.example',
    'clickhouse://index.example/audit',
    'http://index.example/a/b',
    'http://index.example/audit?password=x',
    'http://index.example/audit#x',
    'http://index.example/writ;DROP',
    'http://u:%0d%0a@index.example/audit',
    'http://u:%E4@index.example/audit',
  ])('is not %s', (text) => expect(clickHouseAt(text)).toBeNull())
})

describe('a ClickHouse that is not there', () => {
  it('fails without a word of the login or of the statement', async () => {
    const clickHouse = createClickHouse({
      url: 'http://127.0.0.1:1',
      database: 'audit',
      user: 'writ',
      password: 'hunter2',
      timeoutMs: 2000,
    })
    const failure: unknown = await clickHouse.rows("SELECT 'secret question'").catch((error) => error)
    await clickHouse.close()
    expect(failure).toBeInstanceOf(Error)
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toMatch(/hunter2|secret question/)
  })
})
