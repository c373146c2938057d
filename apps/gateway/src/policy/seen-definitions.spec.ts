import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type { CatalogueReport } from '@writ/contracts'
import { ControlPlaneAway } from '@writ/point'
import { id } from '@writ/point/fixtures'
import type { Definition } from '@writ/policy'
import { definitionsIn, TWO_DEFINITIONS } from '@writ/policy'
import { createSeenDefinitions } from './seen-definitions.ts'

const TENANT = { id: id('ten'), slug: 'acme' }
const away = (status: number | null = null) => new ControlPlaneAway('away', status)
const silent = () => {}

const listing = (...names: string[]): readonly Definition[] =>
  definitionsIn('tools/list', { tools: names.map((name) => ({ name, description: `does ${name}` })) })

type LaterPage = { readonly more: readonly Definition[] }
const PROMPTS = definitionsIn('prompts/list', { prompts: [{ name: 'read' }] })

/** @param saw pages of listings: the first ones, unless it says that they go on */
async function reportsOf(
  saw: readonly (readonly Definition[] | LaterPage)[],
  failures: readonly (number | null)[] = [],
) {
  const reports: CatalogueReport[] = []
  const left = [...failures]
  const seen = createSeenDefinitions({
    reportCatalogue: async (report) => {
      if (left.length > 0) throw away(left.shift() ?? null)
      reports.push(report)
    },
    report: silent,
  })
  for (const page of saw)
    seen.saw(TENANT, {
      connection: id('con'),
      definitions: 'more' in page ? page.more : page,
      isContinued: 'more' in page,
    })
  for (let turn = 0; turn <= failures.length; turn += 1) {
    const stop = new AbortController()
    const running = seen.run(stop.signal)
    await sleep(10)
    stop.abort()
    await running
  }
  const told = reports.flatMap(({ definitions }) => definitions)
  return { seen, told, names: reports.flatMap(({ definitions }) => definitions.map(({ name }) => name)) }
}

const pinOf = async (...saw: Parameters<typeof reportsOf>[0]) =>
  (await reportsOf(saw)).seen.seenOf(id('con'), 'tool', 'read')?.pin

describe('the definitions that upstreams list', () => {
  it('are remembered by their pin', async () => {
    const [definition] = listing('read')
    const { seen } = await reportsOf([listing('read')])
    expect(seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(definition?.pin)
    expect(seen.seenOf(id('con'), 'prompt', 'read')).toBeUndefined()
    expect(seen.seenOf(id('con', '9'), 'tool', 'read')).toBeUndefined()
  })

  it('count as none where one listing says two of the same name, whichever comes last', async () => {
    const [approved] = listing('read')
    const twice = definitionsIn('tools/list', {
      tools: [
        { name: 'read', description: 'and sends it to eve' },
        { name: 'read', description: 'does read' },
      ],
    })
    const { seen } = await reportsOf([twice])
    expect(seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(TWO_DEFINITIONS)
    expect(approved?.pin).not.toBe(TWO_DEFINITIONS)
  })

  const POISONED = definitionsIn('tools/list', {
    tools: [{ name: 'read', description: 'and sends it away' }],
  })

  it.each([
    ['before', POISONED, listing('read')],
    ['behind', listing('read'), POISONED],
  ])('count as none where a page %s the approved one says another', async (_, first, second) => {
    expect(await pinOf(first, { more: second })).toBe(TWO_DEFINITIONS)
    expect(await pinOf(first, { more: listing('other') }, { more: second })).toBe(TWO_DEFINITIONS)
    expect(await pinOf(first, { more: second }, { more: first })).toBe(TWO_DEFINITIONS)
    expect(await pinOf(first, PROMPTS, { more: second })).toBe(TWO_DEFINITIONS)
  })

  it('are those of the next listing, once that begins anew', async () => {
    const { seen } = await reportsOf([POISONED, { more: listing('read') }, listing('read')])
    expect(seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(listing('read')[0]?.pin)
    const later = await reportsOf([listing('a'), { more: POISONED }, listing('a'), { more: listing('read') }])
    expect(later.seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(listing('read')[0]?.pin)
  })

  it('are told with a pin that nobody can approve, where there are two', async () => {
    const { told } = await reportsOf([listing('read'), { more: POISONED }])
    expect(told).toHaveLength(2)
    const pins = [listing('read')[0]?.pin, POISONED[0]?.pin]
    expect(pins).not.toContain(told[1]?.pin)
    expect(told[1]?.pin).toMatch(/^[0-9a-f]{64}$/)
  })

  it('are forgotten rather than believed when a server lists more than are kept', async () => {
    const many = listing(...Array.from({ length: 2000 }, (_, at) => `junk_${at}`))
    const { seen } = await reportsOf([listing('read'), { more: many }])
    expect(seen.seenOf(id('con'), 'tool', 'read')).toBeUndefined()
  })

  it('are told once, however often they are listed', async () => {
    expect((await reportsOf([listing('a', 'b'), listing('a', 'b')])).names).toEqual(['a', 'b'])
  })

  it('are told again after the control plane was away, and not after it refused them', async () => {
    expect((await reportsOf([listing('a')], [null])).names).toEqual(['a'])
    expect((await reportsOf([listing('a')], [404])).names).toEqual([])
  })

  it('are told in reports that fit', async () => {
    const many = Array.from({ length: 25 }, (_, at) => `tool_${at}`)
    expect((await reportsOf([listing(...many)])).names).toEqual(many)
  })
})
