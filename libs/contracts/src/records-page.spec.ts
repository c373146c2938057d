import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { AuditRecord, RecordFlag } from './record.ts'

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/records.md', import.meta.url)), 'utf8')

type Form = {
  readonly def: {
    readonly type: string
    readonly innerType?: Form
    readonly element?: Form
    readonly shape?: Readonly<Record<string, Form>>
    readonly options?: readonly Form[]
  }
}

const inner = (form: Form): Form => (form.def.innerType ? inner(form.def.innerType) : form)

/** Every member of a schema. A sealed value is one: what it is made of stands in a section of its own. */
function pathsOf(form: Form, path = ''): string[] {
  const { def } = inner(form)
  if (def.element) return pathsOf(def.element, `${path}[]`)
  if (def.shape === undefined || 'epk' in def.shape) return []
  return Object.entries(def.shape).flatMap(([name, member]) => {
    const own = path === '' ? name : `${path}.${name}`
    return [own, ...pathsOf(member, own)]
  })
}

const rows = PAGE.split('\n').flatMap((line) => {
  const [, member, type, reader] = /^\| `([^`]+)` +\| ([^|]*)\| ([^|]*)\|/.exec(line) ?? []
  return member === undefined ? [] : [{ member, type: type?.trim() ?? '', reader: reader?.trim() ?? '' }]
})

const sharedOf = (direction: 'inbound' | 'outbound'): string[] =>
  pathsOf(AuditRecord)
    .filter((path) => path.startsWith(`${direction}.`))
    .map((path) => path.slice(direction.length))

const IS_SHARED = /^inbound\./

describe('the page of records', () => {
  const members = pathsOf(AuditRecord).filter((path) => !IS_SHARED.test(path))

  it('has every member of a record, and no other', () => {
    expect(rows.map(({ member }) => member).toSorted()).toEqual(members.toSorted())
    expect(members.length).toBeGreaterThan(100)
  })

  it('says of inbound what it says of outbound, because both are the same', () => {
    expect(sharedOf('inbound')).toEqual(sharedOf('outbound'))
  })

  it('says of each member what it is and who can read it', () => {
    for (const { member, type, reader } of rows) {
      const isGroup = /^(object|list)( or null| \?)?$/.test(type)
      expect([member, type]).not.toEqual([member, ''])
      expect([member, isGroup || ['open', 'sealed', 'platform'].includes(reader)]).toEqual([member, true])
    }
  })

  it('names every kind, outcome and flag', () => {
    const words = [
      ...AuditRecord.shape.kind.options,
      ...AuditRecord.shape.outcome.options,
      ...RecordFlag.options,
    ]
    for (const word of words) expect(PAGE).toContain(`\`${word}\``)
  })
})
