import { describe, expect, it } from '@jest/globals'
import type { Item } from './listing.ts'
import { found } from './search.ts'

const itemOf = (name: string, text = ''): Item => ({ connection: 'shop', name, composed: name, text })
const search = (query: string, limit = 8) => ({ query, limit })
const noTurn = async () => undefined

describe('a search among tools', () => {
  it('finds the best matches first, and a word of the name counts more', async () => {
    const items = [
      itemOf('list_orders', 'Lists all orders of a customer.'),
      itemOf('get_customer', 'Says who somebody is, by an order.'),
      itemOf('ping', 'Says nothing.'),
    ]
    const names = async (query: string) => (await found(items, search(query), noTurn)).map(({ name }) => name)
    expect(await names('customer orders')).toEqual(['list_orders', 'get_customer'])
    expect(await names('getting a customer')).toContain('get_customer')
    expect(await names('invoice')).toEqual([])
    expect(await found(items, search('customer', 1), noTurn)).toHaveLength(1)
    expect(await found([], search('customer'), noTurn)).toEqual([])
  })

  it('looks at the beginning of what is long, name or definition', async () => {
    const items = [itemOf('a'.repeat(5_000).concat(' late')), itemOf('b', 'x '.repeat(3_000).concat('late'))]
    expect(await found(items, search('late'), noTurn)).toEqual([])
  })

  it('lets everything else have its turn among many definitions', async () => {
    let turns = 0
    const items = Array.from({ length: 2_000 }, (_, at) => itemOf(`t${at}`, 'aA'.repeat(2_000)))
    await found(items, search('hello'), async () => void (turns += 1))
    expect(turns).toBeGreaterThanOrEqual(100)
  })
})
