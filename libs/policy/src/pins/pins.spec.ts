import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import * as fc from 'fast-check'
import { atOnce } from '../at-once.ts'
import { A_PART, canonicalParts, canonicalText } from './canonical-text.ts'
import { compare } from './compare.ts'
import { definitionOf } from './definition.ts'
import { definitionsIn, readDefinitions } from './definitions-in.ts'

const tool = {
  name: 'send_mail',
  description: 'Sends a mail.',
  inputSchema: { type: 'object', properties: { to: { type: 'string' }, body: { type: 'string' } } },
  annotations: { destructiveHint: false },
}
const toolsOf = (...tools: Json[]) => definitionsIn('tools/list', { tools })
const [pinned] = toolsOf(tool)
const approved = pinned === undefined ? [] : [pinned]
const standingOf = (seen: Json) => toolsOf(seen).map((pin) => compare(approved, pin))

describe('a pin', () => {
  it('does not depend on the order of members', () => {
    const other = {
      annotations: tool.annotations,
      inputSchema: { properties: { body: { type: 'string' }, to: { type: 'string' } }, type: 'object' },
      description: tool.description,
      name: tool.name,
    }
    expect(toolsOf(other)).toEqual(approved)
  })

  it.each<readonly [string, Json]>([
    ['name', { ...tool, name: 'send_mails' }],
    ['title', { ...tool, title: 'Mail' }],
    ['description', { ...tool, description: 'Sends a mail. ' }],
    ['input schema', { ...tool, inputSchema: { type: 'object' } }],
    ['output schema', { ...tool, outputSchema: { type: 'object' } }],
    ['annotations', { ...tool, annotations: { destructiveHint: true } }],
    ['any other member', { ...tool, execution: { taskSupport: 'required' } }],
  ])('changes with the %s', (_, changed) => expect(toolsOf(changed)[0]?.pin).not.toBe(pinned?.pin))

  it('does not change with icons and _meta', () => {
    expect(toolsOf({ ...tool, icons: [{ src: 'https://a.example/i.png' }], _meta: { at: 1 } })).toEqual(
      approved,
    )
  })

  it('tells a tool from a prompt that says the same', () => {
    expect(pinOf('tool')).not.toBe(pinOf('prompt'))
  })
})

describe('a definition is', () => {
  it('approved when nothing changed', () => expect(standingOf(tool)).toEqual([{ standing: 'approved' }]))
  it('changed when its description did', () =>
    expect(standingOf({ ...tool, description: 'x' })).toEqual([{ standing: 'changed' }]))
  it('renamed when only its name did', () =>
    expect(standingOf({ ...tool, name: 'mailer' })).toEqual([{ standing: 'renamed', from: ['send_mail'] }]))
  it('new otherwise', () => expect(standingOf({ name: 'other' })).toEqual([{ standing: 'new' }]))
  it('renamed under each name of a split', () => {
    const parts = toolsOf({ ...tool, name: 'a' }, { ...tool, name: 'b' })
    expect(parts.map((pin) => compare(approved, pin).standing)).toEqual(['renamed', 'renamed'])
  })
  it('changed, not renamed, when it takes the place of another approved name', () => {
    const two = toolsOf(tool, { name: 'other', description: 'x' })
    const [swapped] = toolsOf({ ...tool, name: 'other' })
    expect(swapped && compare(two, swapped)).toEqual({ standing: 'changed' })
  })
})

describe('definitions are found in', () => {
  it.each<readonly [string, Json, readonly (readonly [string, string])[]]>([
    ['tools/list', { tools: [tool, { description: 'nameless' }, 7] }, [['tool', 'send_mail']]],
    ['prompts/list', { prompts: [{ name: 'p' }] }, [['prompt', 'p']]],
    ['resources/list', { resources: [{ uri: 'file:///a', name: 'a' }] }, [['resource', 'file:///a']]],
    [
      'resources/templates/list',
      { resourceTemplates: [{ uriTemplate: 'a/{b}', name: 'b' }] },
      [['template', 'a/{b}']],
    ],
    ['initialize', { serverInfo: { name: 's', version: '1' }, instructions: 'i' }, [['server', 's']]],
    ['server/discover', { serverInfo: { name: 's', version: '1' } }, [['server', 's']]],
    ['tools/call', { tools: [tool] }, []],
    ['tools/list', null, []],
    ['tools/list', { tools: 'none' }, []],
    ['initialize', {}, []],
  ])('the result of %s: %j', (method, result, expected) => {
    expect(definitionsIn(method, result).map(({ kind, name }) => [kind, name])).toEqual(expected)
  })

  it('a server, whose version may change and whose instructions may not', () => {
    const [first, second, third] = [
      { serverInfo: { name: 's', version: '1' }, instructions: 'i' },
      { serverInfo: { name: 's', version: '2' }, instructions: 'i' },
      { serverInfo: { name: 's', version: '1' }, instructions: 'j' },
    ].map((result) => definitionsIn('initialize', result))
    expect(second).toEqual(first)
    expect(third).not.toEqual(first)
  })
})

describe('canonical text', () => {
  it('says the same value, and says it alike for every order of members', () => {
    fc.assert(
      fc.property(fc.json(), (written) => {
        const value: Json = JSON.parse(written)
        const text = canonicalText(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalText(turned(value))).toBe(text)
      }),
    )
  })

  it('does not depend on the stack', () => {
    let deep: Json = 1
    for (let level = 0; level < 1_000_000; level += 1) deep = [deep]
    expect(canonicalText(deep)).toHaveLength(2_000_001)
  })

  it('comes in parts of so many values, so that a large one gives way to others', () => {
    const members = Array.from({ length: 10_000 }, (_, at) => [`n${at}`, at] as const)
    const parts = [...canonicalParts(Object.fromEntries(members))]
    expect(parts).toHaveLength(Math.ceil(10_001 / A_PART))
    for (const part of parts) expect(part.split(',').length).toBeLessThanOrEqual(A_PART + 1)
  })
})

describe('reading definitions', () => {
  it('gives way to others between definitions, and within one that is large', () => {
    const small = Array.from({ length: 320 }, (_, at) => ({ name: `t${at}` }))
    expect(turnsOf(readDefinitions('tools/list', { tools: small }))).toBe(10)
    const large = { name: 't', inputSchema: { enum: Array.from({ length: 10 * A_PART }, (_, at) => at) } }
    expect(turnsOf(readDefinitions('tools/list', { tools: [large] }))).toBe(20)
  })
})

const turnsOf = (slices: Generator<void>): number => [...slices].length

const pinOf = (kind: 'tool' | 'prompt') => atOnce(definitionOf(kind, 'a', { name: 'a' })).pin

function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, turned(member)]),
  )
}
