import { describe, expect, it } from '@jest/globals'
import { ActionClass } from '@writ/contracts'
import type { Action } from '@writ/contracts'
import { CATALOGUE } from './catalogue.ts'
import type { Catalogue } from './catalogue.ts'
import { CLASSES } from './classes.ts'
import { classify } from './classify.ts'
import type { ClassifyInput } from './classify.ts'

const given = (overrides: Partial<ClassifyInput>): Action =>
  classify({
    method: 'tools/call',
    named: 'get_issue',
    connectionName: 'github',
    toolClasses: {},
    args: {},
    ...overrides,
  })

const shown = ({ class: actionClass, classSource }: Action): string => `${actionClass} (${classSource})`

describe('the class of a tool by its name', () => {
  it.each<readonly [string, ActionClass]>([
    ['get_order', 'read.private'],
    ['list_deleted_items', 'read.private'],
    ['listUsers', 'read.private'],
    ['search_users_by_email', 'read.untrusted'],
    ['github.get_file_contents', 'read.private'],
    ['check_access', 'read.private'],
    ['get_pull_request', 'read.untrusted'],
    ['brave_web_search', 'read.untrusted'],
    ['fetch', 'read.untrusted'],
    ['get_timezone', 'read.public'],
    ['create_issue', 'write.shared'],
    ['updatePage', 'write.shared'],
    ['search_and_replace', 'write.shared'],
    ['edit_file', 'write.local'],
    ['create_or_update_file', 'write.shared'],
    ['push_files', 'write.shared'],
    ['get_and_delete', 'destructive'],
    ['file_delete', 'destructive'],
    ['FetchThenRemove', 'destructive'],
    ['run_command', 'exec'],
    ['executeSQL', 'exec'],
    ['post_message', 'sink.external'],
    ['create_email', 'sink.external'],
    ['create_webhook', 'sink.external'],
    ['create_payment', 'money'],
    ['place_order', 'money'],
    ['refund', 'money'],
    ['add_collaborator', 'admin'],
    ['delete_user', 'admin'],
    ['revoke_token', 'credential'],
    ['get_secret_value', 'credential'],
    ['count_tokens', 'read.private'],
    ['getDesignTokens', 'read.private'],
  ])('%s: %s', (named, wanted) => {
    expect(given({ named }).class).toBe(wanted)
  })

  it.each(
    Object.entries(CLASSES).flatMap(([name, { examples }]) =>
      examples.map((example) => [example, name] as const),
    ),
  )('agrees with the example %s: %s', (named, wanted) =>
    expect(shown(given({ named }))).toBe(`${wanted} (inferred)`),
  )

  it('has an example for each class of the list, in its order', () => {
    expect(Object.keys(CLASSES)).toEqual(ActionClass.options)
  })
})

describe('the source of a class', () => {
  const pin = 'a'.repeat(64)
  const catalogue: Catalogue = new Map([[pin, 'read.public']])

  it('takes the admin before all others', () => {
    const annotations = { readOnlyHint: true }
    const toolClasses = { delete_all: 'sink.external' } as const
    expect(shown(given({ named: 'delete_all', toolClasses, annotations, pin, catalogue }))).toBe(
      'sink.external (admin)',
    )
  })

  it('takes the catalogue by the pin of the definition, before annotations and name', () => {
    const annotations = { destructiveHint: true }
    expect(shown(given({ named: 'delete_all', pin, catalogue, annotations }))).toBe('read.public (catalogue)')
  })

  it('takes the catalogue that ships where none is given', () => {
    for (const [shipped, wanted] of CATALOGUE)
      expect(shown(given({ named: 'delete_all', pin: shipped }))).toBe(`${wanted} (catalogue)`)
  })

  it.each([null, 'b'.repeat(64)])('takes nothing from the catalogue for the pin %s', (other) => {
    expect(shown(given({ named: 'delete_all', pin: other, catalogue }))).toBe('destructive (inferred)')
  })

  it.each([
    [{ readOnlyHint: true }, 'read.untrusted (annotation)'],
    [{ readOnlyHint: true, openWorldHint: false }, 'read.private (annotation)'],
    [{ readOnlyHint: true, destructiveHint: true }, 'read.untrusted (annotation)'],
    [{ readOnlyHint: false }, 'destructive (annotation)'],
    [{ openWorldHint: false }, 'destructive (annotation)'],
    [{ readOnlyHint: false, destructiveHint: false }, 'sink.external (annotation)'],
    [{ destructiveHint: false, openWorldHint: false }, 'write.shared (annotation)'],
    [{ destructiveHint: true }, 'destructive (annotation)'],
    [{ idempotentHint: true, title: 'Delete' }, 'read.private (inferred)'],
    [{ readOnlyHint: 'true' }, 'read.private (inferred)'],
    [JSON.parse('{"__proto__": {"readOnlyHint": false}}'), 'read.private (inferred)'],
    [{}, 'read.private (inferred)'],
  ])('takes trusted annotations %j before the name', (annotations, wanted) => {
    expect(shown(given({ named: 'get_order', annotations }))).toBe(wanted)
  })

  it.each([
    [{ destructiveHint: false }, 'money (inferred)'],
    [{ readOnlyHint: false }, 'money (inferred)'],
    [{ destructiveHint: true }, 'destructive (annotation)'],
    [{ readOnlyHint: true }, 'read.untrusted (annotation)'],
  ])('lets a payment be one where annotations %j leave open what changes', (annotations, wanted) => {
    expect(shown(given({ named: 'pay', annotations }))).toBe(wanted)
  })

  it.each(['echo', 'frobnicate', '', '削除', 'x'.repeat(100_000)])(
    'takes the pessimistic default for %.20s',
    (named) => {
      expect(shown(given({ named }))).toBe('destructive (default)')
    },
  )

  it('takes the default for a call that names no tool', () => {
    expect(shown(given({ named: null }))).toBe('destructive (default)')
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'finds no class for %s in the prototype',
    (named) => {
      expect(given({ named }).classSource).not.toBe('admin')
    },
  )
})

const schemaOf = (...names: string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
})

describe('the input schema', () => {
  it.each([
    ['frobnicate', ['shellCommand'], 'exec (inferred)'],
    ['get_order', ['amount', 'currency'], 'money (inferred)'],
    ['frobnicate', ['to', 'subject'], 'sink.external (inferred)'],
    ['login', ['user', 'password'], 'credential (inferred)'],
    ['frobnicate', ['to'], 'destructive (default)'],
    ['frobnicate', [], 'destructive (default)'],
    ['delete_page', ['to', 'body'], 'destructive (inferred)'],
  ])('of %s with %j makes it %s', (named, names, wanted) => {
    expect(shown(given({ named, inputSchema: schemaOf(...names) }))).toBe(wanted)
  })

  it.each([
    {},
    { properties: [] },
    { properties: 'command' },
    JSON.parse('{"__proto__":{"properties":{"cmd":1}}}'),
  ])('says nothing when it is %j', (inputSchema) =>
    expect(shown(given({ named: 'frobnicate', inputSchema }))).toBe('destructive (default)'),
  )
})

describe('arguments', () => {
  it.each([
    [{ method: 'DELETE' }, 'destructive'],
    [{ method: 'post' }, 'sink.external'],
    [{ method: 'GET' }, 'read.private'],
    [{ sql: 'select 1; drop table users' }, 'destructive'],
    [{ query: 'WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone' }, 'destructive'],
    [{ sql: '-- harmless\nUPDATE t SET a = 1' }, 'write.shared'],
    [{ sql: 'GRANT ALL ON t TO eve' }, 'admin'],
    [{ query: 'how to delete a branch' }, 'read.private'],
    [{ sql: ['DROP TABLE t'], method: 7 }, 'read.private'],
    [{ command: 'curl x | sh' }, 'exec'],
    [{ command: 'view' }, 'read.private'],
    [JSON.parse('{"__proto__": {"method": "DELETE"}}'), 'read.private'],
  ])('%j raise a reading tool to %s', (args, wanted) => {
    expect(given({ named: 'query', args }).class).toBe(wanted)
  })

  it('never lower a guess', () => {
    expect(given({ named: 'delete_page', args: { method: 'POST' } }).class).toBe('destructive')
  })

  it('make no guess of their own', () => {
    expect(shown(given({ named: 'frobnicate', args: { method: 'POST' } }))).toBe('destructive (default)')
  })

  it('do not move what an admin set', () => {
    expect(
      given({ named: 'query', toolClasses: { query: 'read.public' }, args: { sql: 'drop table t' } }).class,
    ).toBe('read.public')
  })

  it('of hostile length are judged in linear time', () => {
    const args = { sql: '/* */'.repeat(40_000), query: '--\n'.repeat(70_000), command: ' '.repeat(200_000) }
    expect(given({ named: 'query', args }).class).toBe('read.private')
  })
})

describe('other methods', () => {
  it.each([
    ['resources/read', 'read.private (catalogue)'],
    ['prompts/get', 'read.private (catalogue)'],
    ['tools/list', 'read.public (catalogue)'],
    ['notifications/cancelled', 'read.public (catalogue)'],
    ['tasks/cancel', 'write.shared (catalogue)'],
    ['sampling/createMessage', 'exec (catalogue)'],
    ['tools/erase', 'destructive (default)'],
  ])('%s: %s', (method, wanted) => expect(shown(given({ method, named: null }))).toBe(wanted))

  it('tell a resource of the web from one of the server', () => {
    const method = 'resources/read'
    expect(given({ method, named: 'https://example.com/' }).class).toBe('read.untrusted')
    expect(given({ method, named: 'note://1' }).class).toBe('read.private')
  })

  it('ignore classes that an admin set for a tool of the same name', () => {
    expect(shown(given({ method: 'prompts/get', named: 'x', toolClasses: { x: 'destructive' } }))).toBe(
      'read.private (catalogue)',
    )
  })
})

describe('the resource', () => {
  it.each([
    ['tools/call', 'get_issue', 'github/get_issue'],
    ['prompts/get', 'review', 'github/review'],
    ['resources/read', 'file:///etc/hosts', 'file:///etc/hosts'],
    ['resources/subscribe', 'repo://a/b', 'repo://a/b'],
    ['tools/list', null, 'github'],
  ])('of %s %s is %s', (method, named, wanted) => expect(given({ method, named }).resource).toBe(wanted))
})
