import { describe, expect, it } from '@jest/globals'
import type { Json, Provenance } from '@writ/contracts'
import { fingerprint } from './fingerprint.ts'
import { actionOf, keys, stored, T0 } from './given.suite.ts'
import { contactOf } from './hosts.ts'
import { TWO_DEFINITIONS } from '../pins/compare.ts'
import { observe, TOO_MANY_LABELS } from './observe.ts'
import { provenanceOf, provenanceOfTree, sourcesOf } from './provenance.ts'
import { newSession } from './state.ts'
import { valuesNow } from './values.ts'

const fresh = newSession(T0)
const afterReading = (content: Json, ...sources: readonly Provenance[]) =>
  observe(fresh, { answer: { values: valuesNow(content, keys), sources } })

describe('labels', () => {
  it('are added, sorted, and never taken away', () => {
    const state = observe(observe(fresh, { labels: ['untrusted'] }), { labels: ['private', 'untrusted'] })
    expect(state).toMatchObject({ labels: ['private', 'untrusted'], version: 2 })
    expect(observe(state, { labels: ['private'] })).toBe(state)
    expect(observe(state, {})).toBe(state)
  })

  it('that no longer fit end the session', () => {
    const labels = Array.from({ length: 64 }, (_, at) => `label-${at}`)
    const full = observe(fresh, { labels })
    expect(full).toMatchObject({ aborted: null })
    const ended = observe(full, { labels: ['untrusted'] })
    expect(ended.aborted).toBe(TOO_MANY_LABELS)
    expect(stored(ended).labels).toHaveLength(64)
  })
})

describe('an abort', () => {
  it('stays with the rule that came first', () => {
    const ended = observe(fresh, { abortedBy: 'loop' })
    expect(ended.aborted).toBe('loop')
    expect(observe(ended, { abortedBy: 'budget' })).toBe(ended)
  })
})

describe('definitions of tools', () => {
  it('are none for a tool of which two were seen, and stay so', () => {
    const state = observe(fresh, { pins: [{ tool: 'shop/pay', pin: 'one' }] })
    expect(observe(state, { pins: [{ tool: 'shop/pay', pin: 'one' }] })).toBe(state)
    const changed = observe(state, { pins: [{ tool: 'shop/pay', pin: 'two' }] })
    expect(changed.pins).toEqual({ 'shop/pay': TWO_DEFINITIONS })
    expect(observe(changed, { pins: [{ tool: 'shop/pay', pin: 'one' }] })).toBe(changed)
    const both = ['two', 'one'].map((pin) => ({ tool: 'shop/pay', pin }))
    expect(observe(fresh, { pins: both }).pins).toEqual(changed.pins)
  })

  it('are kept by name', () => {
    const state = observe(fresh, { pins: [{ tool: 'shop/pay', pin: 'one' }] })
    expect(observe(state, { pins: [{ tool: 'shop/__proto__', pin: 'x' }] }).pins).toEqual({
      'shop/pay': 'one',
      'shop/__proto__': 'x',
    })
  })

  it('are bounded', () => {
    const pins = Array.from({ length: 300 }, (_, at) => ({ tool: `shop/${at}`, pin: 'x' }))
    const state = observe(observe(fresh, { pins: pins.slice(0, 250) }), { pins })
    expect(Object.keys(state.pins)).toEqual(pins.slice(0, 256).map(({ tool }) => tool))
    expect(observe(fresh, { pins: [{ tool: 'n'.repeat(257), pin: 'x' }] })).toBe(fresh)
  })
})

const reach = (name: string, state = fresh) => observe(state, { hosts: { names: [name], keys } })

describe('hosts', () => {
  it('are known once they were reached, whatever their case', () => {
    expect(contactOf(reach('API.example.com.'), 'api.example.com', keys)).toBe('known')
    expect(contactOf(reach('api.example.com'), 'evil.example', keys)).toBe('first')
  })

  it.each(['untrusted', 'untrusted.suspect'])('stay first ones in a session that is %s', (label) => {
    const tainted = observe(fresh, { labels: [label] })
    expect(reach('evil.example', tainted)).toBe(tainted)
  })

  it('do not become known by the very answer that taints the session', () => {
    const state = observe(fresh, { labels: ['untrusted'], hosts: { names: ['asked.example'], keys } })
    expect(contactOf(state, 'asked.example', keys)).toBe('known')
    expect(contactOf(reach('evil.example', state), 'evil.example', keys)).toBe('first')
  })

  it('beyond the bound are first ones', () => {
    let state = fresh
    for (let at = 0; at < 300; at += 1) state = reach(`h${at}.example`, state)
    expect(stored(state).hosts).toHaveLength(256)
    expect(contactOf(state, 'h299.example', keys)).toBe('first')
  })
})

describe('where the values of an answer come from', () => {
  it.each([
    ['read.untrusted', 'external', ['untrusted']],
    ['read.untrusted', 'internal', ['untrusted']],
    ['read.private', 'external', ['private']],
    ['read.private', 'internal', ['private', 'trusted']],
    ['read.public', 'external', []],
    ['write.shared', 'internal', ['trusted']],
    ['exec', 'external', []],
  ] as const)('%s over a connection that is %s: %j', (actionClass, trust, sources) => {
    expect(sourcesOf(actionOf('t', actionClass), trust)).toEqual(sources)
  })
})

describe('the provenance of a text', () => {
  it('is the model where it was met nowhere', () => {
    expect(provenanceOf(fresh, 'ana@example.com', keys)).toEqual(['model'])
    expect(provenanceOf(fresh, '', keys)).toEqual(['model'])
  })

  it.each<readonly [string, Json, string]>([
    ['a string', { customer: { iban: 'X-99 1234' } }, 'x-99 1234'],
    ['a long number', { account: 12_345_678 }, '12345678'],
    [
      'a string in JSON in a text',
      { content: [{ type: 'text', text: '{"code": "ZX-4711-Q"}' }] },
      'ZX-4711-Q',
    ],
    ['a string in JSON in JSON', '["[\\"ZX-4711-Q\\"]"]', 'ZX-4711-Q'],
    ['an e-mail address in prose', 'Please write to Ana.Lima@Example.com today.', 'ana.lima@example.com'],
    ['an e-mail address in a name', { 'ana.lima@example.com': 1 }, 'ana.lima@example.com'],
    ['a host in a URL', 'see https://user:pw@files.example.com:8080/a?b', 'files.example.com'],
    ['a host in a mailbox', 'mail ana@files.example.com', 'https://files.example.com/other'],
    ['an IBAN in groups', 'Pay DE89 3704 0044 0532 0130 00 by May.', 'DE89370400440532013000'],
    ['an IBAN in one piece', 'iban:DE89370400440532013000.', 'de89 3704 0044 0532 0130 00'],
    ['a path in prose', 'the file /home/ana/notes.txt is new', '/home/ana/notes.txt'],
    ['a path below a folder', 'open src/app/main.ts please', 'src/app/main.ts'],
    ['a Windows path', 'in C:\\Users\\ana\\notes.txt', 'c:\\users\\ana\\notes.txt'],
    ['full-width letters', 'ＺＸ－４７１１', 'zx-4711'],
    ['a path behind a host', '/home/ana/notes.txt', 'https://evil.example/home/ana/notes.txt?x=1'],
    ['a parameter of a URL', { id: 'AC/778 1' }, 'see https://evil.example/?q=AC%2F778+1&x'],
    ['a word of a longer text', { id: 'AC-778-1' }, 'the order (AC-778-1), please'],
  ])('is that of %s', (_, content, text) => {
    expect(provenanceOf(afterReading(content, 'private'), text, keys)).toContain('private')
    expect(provenanceOf(fresh, text, keys)).toEqual(['model'])
  })

  it.each<readonly [string, Json, string]>([
    ['short strings', { a: 'ab-12' }, 'ab-12'],
    ['single words', { state: 'in_progress', kind: 'closed' }, 'closed'],
    ['names of members', { 'customer number': 1 }, 'customer number'],
    ['times', { at: '2026-11-21T10:00:00.000Z' }, '2026-11-21T10:00:00.000Z'],
    ['a number that only looks like an IBAN', 'DE00 3704 0044 0532 0130 00', 'DE00370400440532013000'],
  ])('is not kept of %s', (_, content, text) => {
    expect(provenanceOf(afterReading(content, 'private'), text, keys)).toEqual(['model'])
  })

  it('names every place where the text was met', () => {
    const state = observe(afterReading(['ana@example.com'], 'untrusted'), {
      answer: { values: valuesNow(['ana@example.com'], keys), sources: ['user', 'trusted'] },
    })
    expect(provenanceOf(state, 'ana@example.com', keys)).toEqual(['trusted', 'untrusted', 'user'])
  })

  it('is vouched for by the whole only: a known host makes no mailbox there known', () => {
    const state = afterReading('write to ana@example.com', 'user')
    expect(provenanceOf(state, 'ana@example.com', keys)).toEqual(['user'])
    expect(provenanceOf(state, 'eve@example.com', keys)).toEqual(['model'])
    expect(provenanceOf(state, 'ana@example.com, eve@example.com', keys)).toEqual(['model'])
  })

  it('is tainted by any part', () => {
    const state = afterReading('post it to https://evil.example/in', 'untrusted')
    expect(provenanceOf(state, 'https://evil.example/other?x=1', keys)).toEqual(['model', 'untrusted'])
    expect(provenanceOf(state, 'eve@evil.example', keys)).toEqual(['model', 'untrusted'])
  })

  it('is kept as fingerprints under the key of the tenant', () => {
    const state = afterReading({ token: 'hunter2-hunter2' }, 'private')
    expect(JSON.stringify(state)).not.toContain('hunter2')
    const others = { ...keys, tenant: new Uint8Array(32).fill(8) }
    expect(provenanceOf(state, 'hunter2-hunter2', others)).toEqual(['model'])
    expect(fingerprint('a', keys)).toMatch(/^[\w-]{8}$/)
  })

  it('of a tree is that of every text and number in it', () => {
    const state = afterReading(['AC-778-1'], 'private')
    const met = { a: [{ b: 'AC-778-1' }], c: 12 }
    expect(provenanceOfTree(state, met, keys)).toEqual(['model', 'private'])
    expect(provenanceOfTree(state, { a: [true, null] }, keys)).toBeUndefined()
  })

  it('of one message is told anew under another state, and under the keys of another tenant', () => {
    const message = {}
    const told = (state: typeof fresh, of = keys) => provenanceOfTree(state, ['AC-778-1'], of, message)
    const state = afterReading(['AC-778-1'], 'private')
    expect(told(fresh)).toEqual(['model'])
    expect(told(state)).toEqual(['private'])
    expect(told(state, { ...keys, tenant: new Uint8Array(32).fill(8) })).toEqual(['model'])
    expect(told(state)).toEqual(['private'])
  })
})

describe('a set that is full', () => {
  const many = Array.from({ length: 9_000 }, (_, at) => `value number ${at}`)

  it.each<Provenance>(['private', 'untrusted'])('taints everything: %s', (source) => {
    const state = afterReading(many, source)
    expect(stored(state).values[source]).toEqual({ prints: '', full: true })
    expect(provenanceOf(state, 'anything at all', keys)).toEqual(['model', source])
  })

  it.each<Provenance>(['user', 'trusted'])('vouches for nothing: %s', (source) => {
    const state = afterReading(many, source)
    expect(provenanceOf(state, 'value number 1', keys)).toEqual(['model'])
    expect(observe(state, { answer: { values: valuesNow(['one more'], keys), sources: [source] } })).toBe(
      state,
    )
  })

  it.each<readonly [string, Json]>([
    ['a text that is too long', 'x'.repeat(600_000)],
    ['a line that is too long', `${'x'.repeat(70_000)} ana@example.com`],
    ['nesting that is too deep', JSON.parse(`${'['.repeat(100)}1${']'.repeat(100)}`)],
    ['very many members', Array.from({ length: 60_000 }, () => 1)],
  ])('is what %s makes', (_, content) => {
    expect(afterReading(content, 'private').values.private?.full).toBe(true)
  })

  it('comes of growth too, and what was known before stays bounded', () => {
    let state = fresh
    for (let at = 0; at < 90; at += 1) {
      const content = many.slice(at * 100, at * 100 + 100)
      state = observe(state, { answer: { values: valuesNow(content, keys), sources: ['private'] } })
      expect(state.values.private?.prints.length).toBeLessThanOrEqual(8_192 * 8)
    }
    expect(state.values.private).toEqual({ prints: '', full: true })
  })
})
