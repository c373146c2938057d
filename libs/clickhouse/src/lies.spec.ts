import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TenantId } from '@writ/contracts'
import { createClickHouse } from './client.ts'
import type { ClickHouse } from './client.ts'
import { createClickHouseIndex } from './record-index.ts'

const tenant = TenantId.parse(`ten_${'0'.repeat(26)}`)

/** Something in the place of a ClickHouse that says whatever it likes. */
let says: string | null = ''
const liar = createServer((request, response) => {
  request.resume()
  if (says !== null) {
    response.end(says)
    return
  }
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
})
let clickHouse: ClickHouse

beforeAll(async () => {
  await new Promise<void>((done) => liar.listen(0, '127.0.0.1', done))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = liar.address() as AddressInfo
  clickHouse = createClickHouse({ url: `http://127.0.0.1:${port}`, database: 'x', timeoutMs: 20_000 })
})
afterAll(async () => {
  await clickHouse.destroy()
  liar.closeAllConnections()
  liar.close()
})

const index = () => createClickHouseIndex(clickHouse, 'writ_records_1')

describe('who answers in the place of ClickHouse', () => {
  const filter = {}

  it.each(['-1', '1.5', '1e3', 'NaN', '99999999999999999999', "1'; --", ''])(
    'cannot bring %p where a leaf or a number belongs',
    async (leaf) => {
      says = JSON.stringify({
        leaf,
        rows: '1',
        last: leaf,
        records: leaf,
        step: leaf,
        value: 'v',
        outcome: 'allow',
      })
      await expect(index().find(tenant, { filter, order: 'oldest', limit: 5 })).rejects.toThrow(RangeError)
      await expect(index().loadedTo(tenant)).rejects.toThrow(RangeError)
      await expect(index().counts(tenant, { filter, field: 'tool', most: 5 })).rejects.toThrow(RangeError)
      await expect(index().times(tenant, { filter, fromMs: 0, stepMs: 1 })).rejects.toThrow(RangeError)
    },
  )

  it.each([5, null, {}, undefined])('cannot bring %p where a text belongs', async (text) => {
    says = JSON.stringify({ records: '1', step: '0', value: text, outcome: text })
    await expect(index().counts(tenant, { filter, field: 'tool', most: 5 })).rejects.toThrow(RangeError)
    await expect(index().countsOfValues(tenant, { filter, field: 'tool', values: ['a'] })).rejects.toThrow(
      RangeError,
    )
    await expect(index().times(tenant, { filter, fromMs: 0, stepMs: 1 })).rejects.toThrow(RangeError)
  })

  it('cannot make a page longer than was asked for', async () => {
    says = Array.from({ length: 50 }, (_, leaf) => JSON.stringify({ leaf: String(leaf) })).join('\n')
    const { leaves } = await index().find(tenant, { filter, order: 'oldest', limit: 5 })
    expect(leaves).toEqual([0, 1, 2, 3, 4])
  })

  it('cannot answer without an end', async () => {
    says = null
    await expect(index().loadedTo(tenant)).rejects.toThrow('without an end')
  })
})
