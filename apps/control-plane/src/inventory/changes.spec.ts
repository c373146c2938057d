import { describe, expect, it } from '@jest/globals'
import { changesBetween } from './changes.ts'
import { findingAbout, reportOf, serverNamed } from './report.fixture.ts'

const file = '/home/ana/.cursor/mcp.json'

const running = (pid: number) =>
  reportOf({
    findings: [findingAbout(`process ${pid}: --yolo`, { code: 'agent_unprotected', place: null })],
  })
const many = (prefix: string) => Array.from({ length: 1000 }, (_, at) => serverNamed(`${prefix}${at}`))

describe('what is different between two reports', () => {
  it('is nothing where they say the same, in whatever order', () => {
    const [one, other] = [serverNamed('one'), serverNamed('other')]
    const before = reportOf({ servers: [one, other], findings: [findingAbout('one'), findingAbout('other')] })
    const after = reportOf({ servers: [other, one], findings: [findingAbout('other'), findingAbout('one')] })
    expect(changesBetween(before, after)).toEqual([])
  })

  it('is servers that are new, gone or changed', () => {
    const before = reportOf({ servers: [serverNamed('gone'), serverNamed('kept'), serverNamed('other')] })
    const after = reportOf({
      servers: [serverNamed('kept'), serverNamed('other', { pinned: true }), serverNamed('new')],
    })
    expect(changesBetween(before, after)).toEqual([
      { change: 'server_added', client: 'cursor', subject: 'new', file, code: null },
      { change: 'server_removed', client: 'cursor', subject: 'gone', file, code: null },
      { change: 'server_changed', client: 'cursor', subject: 'other', file, code: null },
    ])
  })

  it('is findings that are new or resolved', () => {
    const before = reportOf({ findings: [findingAbout('old')] })
    const after = reportOf({ findings: [findingAbout('new')] })
    expect(changesBetween(before, after)).toEqual([
      { change: 'finding_added', client: 'cursor', subject: 'new', file, code: 'unpinned_package' },
      { change: 'finding_resolved', client: 'cursor', subject: 'old', file, code: 'unpinned_package' },
    ])
  })

  it('is not that an unsafe process has another number', () => {
    expect(changesBetween(running(12), running(4711))).toEqual([])
  })

  it('is never more than a report can hold', () => {
    expect(changesBetween(reportOf({ servers: many('a') }), reportOf({ servers: many('b') }))).toHaveLength(
      1000,
    )
  })
})
