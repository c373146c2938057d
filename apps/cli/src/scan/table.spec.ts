import { describe, expect, it } from '@jest/globals'
import type { InventoryFinding, InventoryReport } from '@writ/contracts'
import { tableOf } from './table.ts'

const LONG = 'a-very-long-name-of-something '.repeat(12).trim()
const place = { file: `/home/ana/${LONG}`, pointer: `/mcpServers/${LONG}` }
const finding = (change: Partial<InventoryFinding>): InventoryFinding => ({
  code: 'past_writ',
  severity: 'medium',
  client: 'cursor',
  subject: 'mail',
  place: { file: '/f', pointer: '/p' },
  what: `something ${LONG}`,
  advice: `Do something ${LONG}.`,
  ...change,
})
const report = (change: Partial<InventoryReport> = {}): InventoryReport => ({
  format: 'writ.inventory.v1',
  scannedAt: '2026-11-01T08:00:00.000Z',
  platform: 'linux',
  agents: [],
  processes: [],
  servers: [],
  hooks: [],
  additions: [],
  managed: [],
  findings: [],
  problems: [],
  more: false,
  ...change,
})

const full = report({
  agents: [{ client: 'cursor', version: '3.15.1', paths: [], governance: 'observe', reason: LONG }],
  processes: [{ client: 'cursor', pid: 1, owner: 'root', unsafe: [] }],
  servers: [
    {
      client: 'cursor',
      scope: 'user',
      name: LONG,
      place,
      enabled: false,
      transport: 'http',
      target: LONG,
      way: 'direct',
      pinned: null,
      credentials: [
        { kind: 'oauth', risk: 'low', part: 'config', name: null, pointer: '', hash: null, last4: null },
        {
          kind: 'bearer',
          risk: 'high',
          part: 'header',
          name: 'authorization',
          pointer: '',
          hash: 'a'.repeat(16),
          last4: null,
        },
      ],
    },
  ],
  hooks: [{ client: 'cursor', scope: 'user', event: LONG, kind: 'command', runs: LONG, isWrit: true, place }],
  additions: [{ client: 'cursor', kind: 'skill', scope: 'user', name: LONG, folder: LONG, hasScripts: true }],
  managed: [{ client: 'cursor', file: LONG, owner: null, mode: null, isProtected: null }],
  findings: [
    finding({ subject: LONG, place }),
    finding({ subject: 'files' }),
    finding({ code: 'unpinned_package', subject: 'npm' }),
  ],
  problems: [{ file: LONG, problem: 'it is too deep or has too many values' }],
  more: true,
})

describe('the table of a scan', () => {
  it('fits into 100 columns, whatever is in it', () => {
    for (const line of tableOf(full).split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('shows the worst way into a server, and that it is switched off', () => {
    expect(tableOf(full)).toMatch(/cursor +a-very-long-name-of-s… direct +bearer \(high\)/)
  })

  it('says once what is to be done about the same thing in several places', () => {
    const text = tableOf(report({ findings: [finding({}), finding({ subject: 'files' })] }))
    expect(text.match(/do: Do/g)).toHaveLength(1)
    expect(text).toContain('cursor  mail')
    expect(text).toContain('cursor  files')
    expect(text).toContain('/f#/p')
  })

  it('says how much there is, and of nothing no more', () => {
    expect(tableOf(report())).toBe('0 agents, 0 MCP servers; findings: 0 high, 0 medium, 0 low')
    expect(tableOf(full)).toContain('1 agent, 1 MCP server; findings: 0 high, 3 medium, 0 low')
    expect(tableOf(full)).toContain('only the first of each')
  })
})
