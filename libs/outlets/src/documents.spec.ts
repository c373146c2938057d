import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { CEF_MAPPING } from './cef.ts'
import { CLOUD_EVENT_MAPPING, RECORD_MAPPING } from './cloud-event.ts'
import { OCSF_MAPPING } from './ocsf.ts'
import { OTLP_MAPPING } from './otlp.ts'

const MAPPINGS = [RECORD_MAPPING, CLOUD_EVENT_MAPPING, OCSF_MAPPING, CEF_MAPPING, OTLP_MAPPING]
const DOCUMENT = readFileSync(new URL('../../../docs/outlets.md', import.meta.url), 'utf8')

/** The rows of the table under the heading of a mapping. */
function documentedRows(heading: string): [field: string, from: string][] {
  const [, section = ''] = DOCUMENT.split(`### ${heading}\n`)
  return (section.split('\n### ')[0] ?? '').split('\n').flatMap((line) => {
    const [, field, from] = /^\| `([^`]+)` +\| (.*?) +\|$/.exec(line) ?? []
    return field !== undefined && from !== undefined ? [[field, from] satisfies [string, string]] : []
  })
}

describe('the document of the outlets', () => {
  it.each(MAPPINGS)('says of the mapping $name what the code does', ({ name, version, rows }) => {
    expect(documentedRows(`${name}, version ${version}`)).toEqual(rows.map(({ to, from }) => [to, from]))
  })

  it('names no mapping that there is not', () => {
    const named = [...DOCUMENT.matchAll(/^### (.+), version (\d+)$/gm)].map(([, name, version]) => [
      name,
      Number(version),
    ])
    expect(named).toEqual(MAPPINGS.map(({ name, version }) => [name, version]))
  })
})
