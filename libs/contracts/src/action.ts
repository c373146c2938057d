import { z } from 'zod'

/**
 * The closed list of what an action does to the world, mildest first; what each means stands in `@writ/actions`.
 * Reading is told apart by whose words come back, writing by who sees the change.
 */
export const ActionClass = z.enum([
  'read.public',
  'read.private',
  'read.untrusted',
  'write.local',
  'write.shared',
  'sink.external',
  'exec',
  'money',
  'destructive',
  'admin',
  'credential',
])
export type ActionClass = z.infer<typeof ActionClass>

/** Where an action class came from; shown wherever the class is shown. */
export const ActionClassSource = z.enum(['admin', 'catalogue', 'annotation', 'inferred', 'default'])
export type ActionClassSource = z.infer<typeof ActionClassSource>

/** `gateway`: MCP traffic. `hooks`: local actions of coding agents. */
export const Channel = z.enum(['gateway', 'hooks'])
export type Channel = z.infer<typeof Channel>

/** `outbound`: agent to upstream. `inbound`: upstream back to the agent. */
export const Direction = z.enum(['outbound', 'inbound'])
export type Direction = z.infer<typeof Direction>

/** What one message would do: tool + action class + resource. */
export const Action = z.strictObject({
  method: z.string(),
  /** the tool, prompt or resource named by the message; null where the method names none */
  tool: z.string().nullable(),
  class: ActionClass,
  classSource: ActionClassSource,
  resource: z.string(),
})
export type Action = z.infer<typeof Action>

/**
 * Methods that a group's default of `deny` lets pass: they begin, keep up or end a connection, or list what the same rules then show. Every
 * other one needs an allow rule, also one that nobody has thought of yet. The method table of `@writ/mcp` says the same of each of its rows.
 */
export const OPEN_METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/roots/list_changed',
  'http/get',
  'http/delete',
])

/** Classes of before the list above; records that name them stay as they were written. */
export const FORMER_CLASSES = ['read', 'write', 'delete', 'execute', 'send', 'spend', 'administer'] as const

/** An action as a record names it, also one of before. */
export const RecordedAction = Action.extend({
  class: z.enum([...ActionClass.options, ...FORMER_CLASSES]),
})
export type RecordedAction = z.infer<typeof RecordedAction>

/**
 * How a tool's definition stands to the ones that the tenant approved, and to what its session was shown before.
 * `changed`: not the approved one, or a session or a listing has seen two. `renamed`: not approved by this name, and the content is approved
 * under another one. `unverified`: one is approved, and nobody has seen yet what the server shows now. `unknown`: nothing is approved, nothing seen.
 */
export const PinStanding = z.enum(['approved', 'new', 'changed', 'renamed', 'unverified', 'unknown'])
export type PinStanding = z.infer<typeof PinStanding>
