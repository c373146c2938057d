import { z } from 'zod'
import { AgentId, NodeId } from '../id.ts'

/** The coding agents and MCP clients that `writ scan` knows. */
export const InventoryClient = z.enum([
  'claude-desktop',
  'claude-code',
  'cursor',
  'vscode',
  'copilot-cli',
  'jetbrains',
  'windsurf',
  'codex',
  'gemini-cli',
  'antigravity',
  'zed',
  'cline',
  'roo',
  'junie',
  'kiro',
  'amazon-q',
  'opencode',
  'goose',
  'lm-studio',
  'openclaw',
])
export type InventoryClient = z.infer<typeof InventoryClient>

/** Who can change a file: its user, whoever writes to the workspace, an admin of the machine, or the maker of a plugin. */
export const InventoryScope = z.enum(['user', 'project', 'managed', 'plugin'])
export type InventoryScope = z.infer<typeof InventoryScope>

/** `enforce`: hooks of Writ that its user cannot turn off. `observe`: hooks that its user or its agent can. */
export const Governance = z.enum(['enforce', 'observe', 'ungoverned'])
export type Governance = z.infer<typeof Governance>

const Short = z.string().max(128)
const Text = z.string().max(512)

/** In a file: its path, and a JSON pointer (RFC 6901) into what it says. Parts that could be secrets are hidden. */
export const InventoryPlace = z.strictObject({ file: z.string().max(1024), pointer: z.string().max(1024) })
export type InventoryPlace = z.infer<typeof InventoryPlace>

/** How a server is let in. Never the secret: a hash salted on the machine, and its last 4 characters where it is long. */
export const InventoryCredential = z.strictObject({
  kind: z.enum(['literal', 'bearer', 'reference', 'prompt', 'keychain', 'oauth', 'mtls', 'dpop', 'none']),
  risk: z.enum(['high', 'medium', 'low', 'lowest']),
  /** where in the entry */
  part: z.enum(['env', 'args', 'header', 'url', 'config', 'nowhere']),
  /** of the variable, header or option */
  name: Short.nullable(),
  /** into the file of the server: the member that says it, or the server */
  pointer: z.string().max(1024),
  /** 64 bits of an HMAC-SHA-256 under the salt of the machine: the same secret in two places has the same */
  hash: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
  last4: z.string().max(4).nullable(),
})
export type InventoryCredential = z.infer<typeof InventoryCredential>

export const InventoryServer = z.strictObject({
  client: InventoryClient,
  scope: InventoryScope,
  name: Short,
  place: InventoryPlace,
  enabled: z.boolean(),
  transport: z.enum(['stdio', 'http', 'unknown']),
  /** what it starts (program, package or image) or where it goes (origin) */
  target: Text,
  /** `writ`: by `writ connect` or a gateway; `local`: a program of this machine; `direct`: past Writ over the network */
  way: z.enum(['writ', 'local', 'direct']),
  /** of what is fetched at each start; null: nothing is */
  pinned: z.boolean().nullable(),
  credentials: z.array(InventoryCredential).max(50),
})
export type InventoryServer = z.infer<typeof InventoryServer>

export const InventoryAgent = z.strictObject({
  client: InventoryClient,
  /** as its package says; null where no package file says one */
  version: z.string().max(64).nullable(),
  paths: z.array(z.string().max(1024)).max(20),
  governance: Governance,
  /** why it is no more than that */
  reason: Text,
})
export type InventoryAgent = z.infer<typeof InventoryAgent>

export const InventoryProcess = z.strictObject({
  client: InventoryClient,
  pid: z.int().nonnegative(),
  owner: Short.nullable(),
  /** options that switch protection off */
  unsafe: z.array(Short).max(10),
})
export type InventoryProcess = z.infer<typeof InventoryProcess>

export const InventoryHook = z.strictObject({
  client: InventoryClient,
  scope: InventoryScope,
  event: Short,
  kind: z.enum(['command', 'http', 'plugin', 'other']),
  /** the program that it runs, or the host that it asks: never its arguments */
  runs: Text,
  isWrit: z.boolean(),
  place: InventoryPlace,
})
export type InventoryHook = z.infer<typeof InventoryHook>

/** A plugin, an extension, or a folder of instructions with scripts. */
export const InventoryAddition = z.strictObject({
  client: InventoryClient,
  kind: z.enum(['plugin', 'skill']),
  scope: InventoryScope,
  name: Short,
  folder: z.string().max(1024),
  /** it brings programs along, and not only words */
  hasScripts: z.boolean(),
})
export type InventoryAddition = z.infer<typeof InventoryAddition>

/** A file by which an organisation binds a client. Owner and mode are null where the system has none. */
export const InventoryManaged = z.strictObject({
  client: InventoryClient,
  file: z.string().max(1024),
  owner: Short.nullable(),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/)
    .nullable(),
  /** only an admin of the machine can change it; null where that cannot be told */
  isProtected: z.boolean().nullable(),
})
export type InventoryManaged = z.infer<typeof InventoryManaged>

export const InventoryFindingCode = z.enum([
  'secret_in_file',
  'secret_in_url',
  'secret_readable_by_all',
  'secret_readable_by_group',
  'secret_referenced',
  'remote_without_auth',
  'remote_in_plain_text',
  'past_writ',
  'not_this_writ',
  'unpinned_package',
  'download_and_run',
  'managed_file_changeable',
  'hooks_switched_off',
  'hook_program_missing',
  'agent_unprotected',
  'agent_ungoverned',
])
export type InventoryFindingCode = z.infer<typeof InventoryFindingCode>

export const InventoryFinding = z.strictObject({
  code: InventoryFindingCode,
  severity: z.enum(['high', 'medium', 'low']),
  client: InventoryClient,
  /** the server, hook, file or process that it is about */
  subject: Text,
  place: InventoryPlace.nullable(),
  what: Text,
  advice: Text,
})
export type InventoryFinding = z.infer<typeof InventoryFinding>

/** A file that was not read, or not wholly. */
export const InventoryProblem = z.strictObject({ file: z.string().max(1024), problem: Short })
export type InventoryProblem = z.infer<typeof InventoryProblem>

/** What of each there is at most in a report; what is beyond is left out, and `more` says so. */
export const INVENTORY_CAPS = {
  agents: 100,
  processes: 200,
  servers: 1000,
  hooks: 1000,
  additions: 1000,
  managed: 100,
  findings: 2000,
  problems: 500,
} as const

/** What `writ scan` found on one machine, without starting anything and without any secret. */
export const InventoryReport = z.strictObject({
  format: z.literal('writ.inventory.v1'),
  scannedAt: z.iso.datetime(),
  platform: z.enum(['linux', 'darwin', 'win32']),
  agents: z.array(InventoryAgent).max(INVENTORY_CAPS.agents),
  processes: z.array(InventoryProcess).max(INVENTORY_CAPS.processes),
  servers: z.array(InventoryServer).max(INVENTORY_CAPS.servers),
  hooks: z.array(InventoryHook).max(INVENTORY_CAPS.hooks),
  additions: z.array(InventoryAddition).max(INVENTORY_CAPS.additions),
  managed: z.array(InventoryManaged).max(INVENTORY_CAPS.managed),
  findings: z.array(InventoryFinding).max(INVENTORY_CAPS.findings),
  problems: z.array(InventoryProblem).max(INVENTORY_CAPS.problems),
  more: z.boolean(),
})
export type InventoryReport = z.infer<typeof InventoryReport>

/** One difference between two reports of a device. */
export const InventoryChange = z.strictObject({
  change: z.enum(['server_added', 'server_removed', 'server_changed', 'finding_added', 'finding_resolved']),
  client: InventoryClient,
  subject: Text,
  file: z.string().max(1024).nullable(),
  /** of findings */
  code: InventoryFindingCode.nullable(),
})
export type InventoryChange = z.infer<typeof InventoryChange>

/** The newest report of a device, in short. */
export const InventorySummary = z.strictObject({
  /** the device's node */
  id: NodeId,
  device: z.string(),
  /** the agent whose enrolment the device joined by */
  agent: AgentId,
  platform: InventoryReport.shape.platform,
  scannedAt: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  agents: z.int(),
  servers: z.int(),
  findings: z.strictObject({ high: z.int(), medium: z.int(), low: z.int() }),
  /** how many differences to the report before */
  changes: z.int(),
})
export type InventorySummary = z.infer<typeof InventorySummary>

/** The newest report of a device, and what is different from the one before (nothing where there was none). */
export const InventoryView = InventorySummary.omit({
  changes: true,
  agents: true,
  servers: true,
  findings: true,
}).extend({
  report: InventoryReport,
  changes: z.array(InventoryChange).max(1000),
})
export type InventoryView = z.infer<typeof InventoryView>
