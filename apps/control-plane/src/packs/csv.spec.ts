import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { csvHead, csvOf, inert } from './csv.ts'

const rowOf = (tree: Json, disclosures: { path: string; salt: string; value: string }[] = []): string =>
  csvOf([{ leaf: 7, tree, disclosures }])

/** The cell of a column, as a reader of RFC 4180 sees it; none of these has a comma or a quote in a cell. */
function cellOf(row: string, column: string): string | undefined {
  const columns = csvHead().trimEnd().split(',')
  return row.trimEnd().slice(1, -1).split('","')[columns.indexOf(`"${column}"`)]
}

describe('a cell of the table', () => {
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t1',
    '\r1',
    '\n1',
    ' =1',
    '"=1',
    `'" \u00a0=1`,
    '\ufeff=1',
    '＝1',
    '＠x',
  ])('that a spreadsheet could take for a formula gets an apostrophe: %j', (text) => {
    expect(inert(text)).toBe(`'${text}`)
  })

  it.each([
    ['x;=1+1', "x;'=1+1"],
    ['x;;@A1', "x;;'@A1"],
    ['x; "=1', `x;' "=1`],
    ['x\t+1', "x\t'+1"],
    ['x\r\n-1', "x\r\n'-1"],
    ['\t=1', "'\t'=1"],
    ['=1;＝1', "'=1;'＝1"],
  ])('gets one wherever a spreadsheet could begin a cell that separates by `;` or tabs: %j', (text, made) => {
    expect(inert(text)).toBe(made)
  })

  it.each(['', 'search', 'a=1', '1-2', "it's", '"quoted"', '{"a":1}', ' plain', 'a;b=1', 'a, =1'])(
    'that could not stays as it is: %j',
    (text) => {
      expect(inert(text)).toBe(text)
    },
  )

  it('is quoted, whatever an agent puts into the name of a tool, and so is an empty one', () => {
    const row = rowOf({ action: { tool: "\",=cmd|' /C calc'!A0\r\n" } })
    expect(row).toContain(`""",=cmd|' /C calc'!A0\r\n"`)
    expect(row.startsWith('"7","",')).toBe(true)
    expect(row.endsWith('"\r\n')).toBe(true)
  })

  it('holds a sealed name only where it is disclosed', () => {
    const tree = { human: { id: 'hum_1', name: { c: 'c', ct: 'ct', epk: 'e', key: 'k' } } }
    expect(cellOf(rowOf(tree), 'human.name')).toBe('(sealed)')
    expect(cellOf(rowOf(tree, [{ path: '/human/name', salt: 's', value: '=Ada' }]), 'human.name')).toBe(
      "'=Ada",
    )
    expect(cellOf(rowOf(tree, [{ path: '/agent/name', salt: 's', value: 'Ada' }]), 'human.name')).toBe(
      '(sealed)',
    )
  })

  it('is empty for a record that can no longer be read, but for its leaf', () => {
    expect(rowOf(null)).toMatch(/^"7"(,"")+\r\n$/)
    expect(rowOf({ durationMicros: 1.5, flags: [1.5] })).toMatch(/^"7"(,"")+\r\n$/)
  })

  it('is found in the members of its own record, and not in what every object has', () => {
    expect(rowOf({ human: 'x', action: [] })).toMatch(/^"7"(,"")+\r\n$/)
  })
})
