import type { InventoryFinding, InventoryReport, InventoryServer } from '@writ/contracts'

/** What a scan of a machine with nothing on it says, but for what is given. */
export const reportOf = (change: Partial<InventoryReport> = {}): InventoryReport => ({
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

export const serverNamed = (name: string, change: Partial<InventoryServer> = {}): InventoryServer => ({
  client: 'cursor',
  scope: 'user',
  name,
  place: { file: '/home/ana/.cursor/mcp.json', pointer: `/mcpServers/${name}` },
  enabled: true,
  transport: 'stdio',
  target: 'npx left-pad-mcp',
  way: 'local',
  pinned: false,
  credentials: [],
  ...change,
})

export const findingAbout = (subject: string, change: Partial<InventoryFinding> = {}): InventoryFinding => ({
  code: 'unpinned_package',
  severity: 'medium',
  client: 'cursor',
  subject,
  place: { file: '/home/ana/.cursor/mcp.json', pointer: `/mcpServers/${subject}` },
  what: 'w',
  advice: 'a',
  ...change,
})
