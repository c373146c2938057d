import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { PolicyDocument } from '@writ/contracts'
import { testPolicy } from '@writ/policy/authoring'
import { parse } from 'yaml'
import { agreesWithCedar } from './agreement.ts'
import { generateQuestions } from './questions/generate-questions.ts'
import { readCedar } from './read-cedar.ts'
import { schemaOf } from './schema-of.ts'
import { formatCedar, validateCedar } from './validate-cedar.ts'

const folder = new URL('../starters/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
const starters = readdirSync(folder)
  .filter((file) => file.endsWith('.cedar'))
  .sort()
const Tests = PolicyDocument.pick({ tests: true }).required()
const testsOf = (file: string) => Tests.parse(parse(read(file.replace('.cedar', '.tests.yaml')))).tests

const catalogue = schemaOf([
  {
    connection: 'github',
    tools: [
      'push_files',
      'create_or_update_file',
      'merge_pull_request',
      'create_issue',
      'add_issue_comment',
    ].map((name) => ({
      name,
      class: 'write.shared' as const,
      inputSchema: { type: 'object', properties: { branch: { type: 'string' }, owner: { type: 'string' } } },
    })),
  },
  {
    connection: 'stripe',
    tools: [
      {
        name: 'create_refund',
        class: 'money',
        inputSchema: { type: 'object', properties: { amount: { type: 'integer' } }, required: ['amount'] },
      },
    ],
  },
])

describe('the starter policies', () => {
  it('are at least six', () => {
    expect(starters.length).toBeGreaterThanOrEqual(6)
  })

  it.each(starters)('%s is read without a note', (file) => {
    expect(readCedar(read(file), file)).toMatchObject({ notes: [] })
  })

  it.each(starters)('%s passes its own tests', (file) => {
    const reading = readCedar(read(file), file)
    if ('faults' in reading) throw new Error(reading.faults[0]?.reason)
    const tests = testsOf(file)
    const report = testPolicy(reading.document, tests, {
      classOf: ({ method, named }) => ({
        method,
        tool: named,
        class: 'read.public',
        classSource: 'default',
        resource: named ?? method,
      }),
    })
    expect(
      report.results.filter(({ passed }) => !passed).map(({ name, differences }) => ({ name, differences })),
    ).toEqual([])
    expect(report.passed).toBe(tests.length)
  })

  it.each(starters)('%s is decided as Cedar decides it', (file) => {
    const reading = readCedar(read(file), file)
    if ('faults' in reading) throw new Error(reading.faults[0]?.reason)
    expect(agreesWithCedar(read(file), generateQuestions(reading.document.rules, 7, 300))).toEqual([])
  })

  it.each(starters)('%s is valid by the schema of a catalogue', (file) => {
    const errors = validateCedar(read(file), catalogue, file).filter(({ severity }) => severity === 'error')
    expect(errors).toEqual([])
  })

  it.each(starters)('%s means the same once it is formatted', (file) => {
    const formatted = formatCedar(read(file), file)
    if ('faults' in formatted) throw new Error(formatted.faults[0]?.reason)
    const [before, after] = [readCedar(read(file), file), readCedar(formatted.text, file)]
    expect('document' in after && after.document).toEqual('document' in before && before.document)
  })
})
