import { z } from 'zod'
import type { JsonObject } from './json.ts'

/**
 * What a coding agent is about to do on its own machine, as its client or its sandbox tells it. Nothing in it is understood yet: paths are
 * as they were given, commands are texts. `command` of a shell is bash unless `shell` says otherwise.
 */
export type LocalAction =
  | { readonly kind: 'shell'; readonly command: string; readonly shell?: 'bash' | 'powershell' | 'cmd' }
  /** words typed into a program that was started before */
  | { readonly kind: 'shell.input'; readonly text: string }
  | { readonly kind: 'file.read' | 'file.delete'; readonly path: string }
  /** `text`: the whole new content, where the client says it; `edits`: what is replaced by what */
  | {
      readonly kind: 'file.write'
      readonly path: string
      readonly text?: string
      readonly edits?: readonly { readonly before: string; readonly after: string }[]
    }
  /** several files at once, in the `*** Begin Patch` form */
  | { readonly kind: 'file.patch'; readonly patch: string }
  | { readonly kind: 'file.search'; readonly path: string; readonly pattern: string }
  | { readonly kind: 'network.fetch'; readonly url: string; readonly verb?: string }
  /** a connection that the sandbox's proxy sees; `path` and `verb` where it reads the request */
  | {
      readonly kind: 'network.connect'
      readonly host: string
      readonly port: number
      readonly verb?: string
      readonly path?: string
    }
  | { readonly kind: 'web.search'; readonly query: string }
  | { readonly kind: 'agent.start'; readonly task: string }
  | { readonly kind: 'mcp.call'; readonly server: string; readonly tool: string; readonly args: JsonObject }
  /** a tool of the client that reaches nothing outside the conversation: plans, to-do lists, questions to the person */
  | { readonly kind: 'client.tool'; readonly tool: string; readonly args: JsonObject }
  /** a call to the kernel that a sandbox refused: its name, and what it was about */
  | { readonly kind: 'kernel.call'; readonly call: string; readonly about: string }
  /** a tool that nobody has told us about */
  | { readonly kind: 'unknown'; readonly tool: string; readonly args: JsonObject }

export const LOCAL_KINDS = [
  'shell',
  'shell.input',
  'file.read',
  'file.write',
  'file.delete',
  'file.patch',
  'file.search',
  'network.fetch',
  'network.connect',
  'web.search',
  'agent.start',
  'mcp.call',
  'client.tool',
  'kernel.call',
  'unknown',
] as const satisfies readonly LocalAction['kind'][]

/** Whose hooks ask. `sandbox`: the egress proxy of `writ run`, and what its kernel refused. */
export const HookClient = z.enum([
  'claude-code',
  'cursor',
  'codex',
  'gemini-cli',
  'copilot-cli',
  'vscode',
  'windsurf',
  'opencode',
  'sandbox',
])
export type HookClient = z.infer<typeof HookClient>

/** The moments of a conversation that hooks tell of. `before`: an action may still be stopped; `after`: it happened. */
export const HookMoment = z.enum(['before', 'after', 'prompt', 'conversation.start', 'conversation.end'])
export type HookMoment = z.infer<typeof HookMoment>

/** One thing that was understood of an action, as policies see it and records keep it. Operands are names, paths, hosts: never content. */
export const LocalFact = z.strictObject({
  /** e.g. `credential_read`; the list is in `@writ/actions` */
  kind: z.string().max(64),
  operand: z.string().max(512),
  certainty: z.enum(['sure', 'possible']),
})
export type LocalFact = z.infer<typeof LocalFact>

/** What a record says of a local action beside its class and resource. */
export const RecordedLocal = z.strictObject({
  client: HookClient,
  moment: HookMoment,
  /** the client's own names for the conversation and for the use of its tool */
  conversation: z.string().max(128).nullable(),
  toolUse: z.string().max(128).nullable(),
  /** the client's own name of the tool */
  tool: z.string().max(256).nullable(),
  facts: z.array(LocalFact).max(50),
  /** what it reaches, each list without duplicates; what is beyond a bound is left out and `more` says so */
  hosts: z.array(z.string().max(255)).max(50),
  packages: z.array(z.string().max(256)).max(50),
  more: z.boolean(),
  /** the outcome that policy said, and that the tier did not enforce */
  observed: z.boolean().default(false),
  /** how often it was tried, where one record is of several times */
  times: z.int().positive().default(1),
})
export type RecordedLocal = z.infer<typeof RecordedLocal>
