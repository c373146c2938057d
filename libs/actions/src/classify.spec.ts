import { describe, expect, it } from '@jest/globals'
import type { Action, ActionClass } from '@writ/contracts'
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
    ['get_order', 'read'],
    ['list_deleted_items', 'read'],
    ['listUsers', 'read'],
    ['search_users_by_email', 'read'],
    ['github.get_file_contents', 'read'],
    ['check_access', 'read'],
    ['create_issue', 'write'],
    ['updatePage', 'write'],
    ['search_and_replace', 'write'],
    ['get_and_delete', 'delete'],
    ['file_delete', 'delete'],
    ['FetchThenRemove', 'delete'],
    ['run_command', 'execute'],
    ['executeSQL', 'execute'],
    ['post_message', 'send'],
    ['create_email', 'send'],
    ['create_payment', 'spend'],
    ['place_order', 'spend'],
    ['refund', 'spend'],
    ['add_collaborator', 'administer'],
    ['delete_user', 'administer'],
    ['revoke_token', 'administer'],
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
})

describe('the source of a class', () => {
  it('takes the admin before all others', () => {
    const annotations = { readOnlyHint: true }
    expect(shown(given({ named: 'delete_all', toolClasses: { delete_all: 'send' }, annotations }))).toBe(
      'send (admin)',
    )
  })

  it.each([
    [{ readOnlyHint: true }, 'read (annotation)'],
    [{ readOnlyHint: true, destructiveHint: true }, 'read (annotation)'],
    [{ readOnlyHint: false }, 'delete (annotation)'],
    [{ readOnlyHint: false, destructiveHint: false }, 'write (annotation)'],
    [{ destructiveHint: true }, 'delete (annotation)'],
    [{}, 'spend (inferred)'],
  ])('takes trusted annotations %j before the name', (annotations, wanted) => {
    expect(shown(given({ named: 'pay', annotations }))).toBe(wanted)
  })

  it.each(['echo', 'frobnicate', '', '削除', 'x'.repeat(100_000)])(
    'takes the pessimistic default for %.20s',
    (named) => {
      expect(shown(given({ named }))).toBe('execute (default)')
    },
  )

  it('takes the default for a call that names no tool', () => {
    expect(shown(given({ named: null }))).toBe('execute (default)')
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'finds no class for %s in the prototype',
    (named) => {
      expect(given({ named }).classSource).not.toBe('admin')
    },
  )
})

describe('arguments', () => {
  it.each([
    [{ method: 'DELETE' }, 'delete'],
    [{ method: 'post' }, 'write'],
    [{ method: 'GET' }, 'read'],
    [{ sql: 'select 1; drop table users' }, 'delete'],
    [{ query: 'WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone' }, 'delete'],
    [{ sql: '-- harmless\nUPDATE t SET a = 1' }, 'write'],
    [{ sql: 'GRANT ALL ON t TO eve' }, 'administer'],
    [{ query: 'how to delete a branch' }, 'read'],
    [{ sql: ['DROP TABLE t'], method: 7 }, 'read'],
    [JSON.parse('{"__proto__": {"method": "DELETE"}}'), 'read'],
  ])('%j raise a reading tool to %s', (args, wanted) => {
    expect(given({ named: 'query', args }).class).toBe(wanted)
  })

  it('never lower a guess', () => {
    expect(given({ named: 'delete_page', args: { method: 'POST' } }).class).toBe('delete')
  })

  it('do not move what an admin set', () => {
    expect(
      given({ named: 'query', toolClasses: { query: 'read' }, args: { sql: 'drop table t' } }).class,
    ).toBe('read')
  })

  it('of hostile length are judged in linear time', () => {
    const args = { sql: '/* */'.repeat(40_000), query: '--\n'.repeat(70_000) }
    expect(given({ named: 'query', args }).class).toBe('read')
  })
})

describe('other methods', () => {
  it.each([
    ['resources/read', 'read (catalogue)'],
    ['prompts/get', 'read (catalogue)'],
    ['tools/list', 'read (catalogue)'],
    ['notifications/cancelled', 'read (catalogue)'],
    ['tasks/cancel', 'write (catalogue)'],
    ['tools/erase', 'execute (default)'],
  ])('%s: %s', (method, wanted) => expect(shown(given({ method, named: null }))).toBe(wanted))

  it('ignore classes that an admin set for a tool of the same name', () => {
    expect(shown(given({ method: 'prompts/get', named: 'x', toolClasses: { x: 'delete' } }))).toBe(
      'read (catalogue)',
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
