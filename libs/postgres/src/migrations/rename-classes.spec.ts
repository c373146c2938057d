import { describe, expect, it } from '@jest/globals'
import { PolicyDocument } from '@writ/contracts'
import { renamedClass, withRenamedClasses } from './rename-classes.ts'

const documentWith = (when: unknown) => ({
  writ: 1,
  mode: 'enforce',
  rules: [{ id: 'r', effect: 'deny', on: ['outbound'], when, reason: 'read and write' }],
})
const renamed = (when: unknown): unknown => {
  const document = withRenamedClasses(documentWith(when))
  return PolicyDocument.parse(document).rules[0]?.when
}
const comparing = (op: string, value: unknown) => ({ path: 'action.class', op, value })

describe('action classes of before', () => {
  it('become the class that most of their tools are of', () => {
    const before = ['read', 'write', 'delete', 'execute', 'send', 'spend', 'administer']
    expect(before.map(renamedClass)).toEqual([
      'read.private',
      'write.shared',
      'destructive',
      'exec',
      'sink.external',
      'money',
      'admin',
    ])
  })
})

describe('a stored policy document', () => {
  it('names the one successor of a class', () => {
    expect(renamed(comparing('eq', 'delete'))).toEqual(comparing('eq', 'destructive'))
    expect(renamed(comparing('ne', 'spend'))).toEqual(comparing('ne', 'money'))
  })

  it('names every successor of a class that became several', () => {
    expect(renamed(comparing('eq', 'write'))).toEqual(comparing('in', ['write.shared', 'write.local']))
    expect(renamed(comparing('ne', 'administer'))).toEqual({ not: comparing('in', ['admin', 'credential']) })
    expect(renamed(comparing('in', ['read', 'send']))).toEqual(
      comparing('in', ['read.private', 'read.public', 'read.untrusted', 'sink.external']),
    )
  })

  it('is renamed however deep the comparison stands, also in `unless`', () => {
    const deep = { any: [{ not: { all: [comparing('eq', 'execute')] } }] }
    expect(renamed(deep)).toEqual({ any: [{ not: { all: [comparing('eq', 'exec')] } }] })
    const unless = { rules: [{ unless: comparing('eq', 'send') }] }
    expect(withRenamedClasses(unless)).toEqual({ rules: [{ unless: comparing('eq', 'sink.external') }] })
  })

  it('keeps everything else, and is renamed only once', () => {
    const others = {
      all: [{ path: 'args.verb', op: 'eq', value: 'delete' }, comparing('startsWith', 'read')],
    }
    expect(renamed(others)).toEqual(others)
    const once = withRenamedClasses(documentWith(comparing('eq', 'write')))
    expect(withRenamedClasses(once)).toEqual(once)
  })
})
