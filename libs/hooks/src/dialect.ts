import type { HookClient, HookMoment, Json, JsonObject, LocalAction } from '@writ/contracts'
import type { AnswerForm } from './forms.ts'

/**
 * How one client speaks: what it sends, and how it is answered. A client is a row of this form, not a class; what two clients share is a
 * value that both rows name.
 */
export type Dialect = {
  readonly client: HookClient
  /** what the payload says, whatever the event; null: it has not the documented form */
  readonly envelope: (payload: JsonObject) => Envelope | null
  readonly events: Readonly<Record<string, EventRow>>
  /** events that tell of nothing we mediate: they are answered with nothing */
  readonly unmediated: readonly string[]
  /** the client's own tools */
  readonly tools: Readonly<Record<string, ToolReader>>
  /** a tool of an MCP server, where the client's names tell it from its own */
  readonly mcp: (envelope: Envelope) => McpName | null
  /** members of a shell tool's input that say in which directory it runs */
  readonly directories: readonly string[]
  /** what runs a command on Windows */
  readonly windowsShell: 'bash' | 'powershell'
}

export type EventRow = {
  readonly moment: HookMoment
  /** the tool that this event is about, where the payload does not name one */
  readonly tool?: string
  readonly answers: AnswerForm
}

export type Envelope = {
  readonly name: string
  readonly conversation: string | null
  readonly cwd: string | null
  readonly workspaces: readonly string[]
  readonly toolUse: string | null
  readonly tool: string | null
  /** the server behind the tool, where the client says it beside the tool's name */
  readonly server: string | null
  /** what that server calls its tool, where the client's own name for it cannot be taken apart */
  readonly serverTool: string | null
  readonly subagent: string | null
  readonly headless: boolean
  readonly input: Json
  readonly prompt: string | null
  readonly result: Json | null
}

/** What is known around an input when it is read. */
export type Told = { readonly windowsShell: 'bash' | 'powershell' | null }

/** Null: the input has not the form that the tool takes. */
export type ToolReader = (input: JsonObject, told: Told) => readonly LocalAction[] | null

export type McpName = { readonly server: string; readonly tool: string }
