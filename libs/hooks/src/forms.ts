import type { Json, JsonObject } from '@writ/contracts'
import { isObject } from './strict-object.ts'
import { withheld, withheldText } from './withheld.ts'

/**
 * How one event of one client is answered. What is null the client cannot take: it is denied instead.
 * A deny is exit code 2, a reason on stderr and `deny` on stdout, all three, unless `denyExit` says otherwise.
 */
export type AnswerForm = {
  /** whether a deny keeps something from happening, or from being seen by the model */
  readonly stops: boolean
  /** 0 where the client reads the JSON that takes the result away only then */
  readonly denyExit: 0 | 2
  /** what leaves the event to the client's own permissions */
  readonly allow: JsonObject
  readonly deny: (reason: string, told: Told) => JsonObject
  readonly ask: ((reason: string, told: Told) => JsonObject) | null
  readonly modify: Modify | null
}

export type Told = {
  readonly name: string
  readonly tool: string | null
  readonly input: JsonObject
  readonly result: Json | null
}

/** `member`: where the client looks for it. `say` answers null for what the client would not take as it is meant. */
export type Modify = {
  readonly member: string
  readonly say: (modified: JsonObject, told: Told) => JsonObject | null
}

const NOTHING: JsonObject = {}

const specific = (told: Told, more: JsonObject): JsonObject => ({
  hookSpecificOutput: { hookEventName: told.name, ...more },
})

const block = (reason: string): JsonObject => ({ decision: 'block', reason })
const halt = (reason: string): JsonObject => ({ continue: false, stopReason: reason })

const form = (more: Partial<AnswerForm> & Pick<AnswerForm, 'deny'>): AnswerForm => ({
  stops: true,
  denyExit: 2,
  allow: NOTHING,
  ask: null,
  modify: null,
  ...more,
})

// --- Claude Code, Codex, VS Code -------------------------------------------------------------------------------------------------------

const permission = (decision: string) => (reason: string, told: Told) =>
  specific(told, { permissionDecision: decision, permissionDecisionReason: reason })

/** Codex takes `updatedInput` only together with `allow`. */
const updatedInput: Modify = {
  member: 'hookSpecificOutput.updatedInput',
  say: (modified, told) => specific(told, { permissionDecision: 'allow', updatedInput: modified }),
}

/** PreToolUse of Claude Code and VS Code. */
export const PRE_TOOL_USE = form({
  deny: permission('deny'),
  ask: permission('ask'),
  modify: updatedInput,
})

/** Codex reads `ask`, and runs the command. */
export const PRE_TOOL_USE_WITHOUT_ASK = form({ deny: permission('deny'), modify: updatedInput })

/** The client is about to ask the person: to let it is the answer to both allow and ask. */
export const PERMISSION_REQUEST = form({
  deny: (reason, told) => specific(told, { decision: { behavior: 'deny', message: reason } }),
  ask: () => NOTHING,
})

/** Prompts, and changes of the client's configuration. */
export const BLOCK = form({ deny: block })

/** Claude Code reads the replaced result, and with exit code 0 only. */
export const POST_TOOL_USE = form({
  denyExit: 0,
  deny: (reason, told) => ({
    ...block(reason),
    ...specific(told, { updatedToolOutput: withheld(told.result, reason) }),
  }),
  modify: {
    member: 'hookSpecificOutput.updatedToolOutput',
    say: (modified, told) => specific(told, { updatedToolOutput: modified }),
  },
})

/** Codex puts the reason of a block where the result was; what it gives back of MCP tools can be replaced. */
export const CODEX_POST_TOOL_USE = form({
  deny: block,
  modify: {
    member: 'hookSpecificOutput.updatedMCPToolOutput',
    say: (modified, told) =>
      told.tool?.startsWith('mcp__') ? specific(told, { updatedMCPToolOutput: modified }) : null,
  },
})

/** VS Code has shown the result to the model by then. */
export const VSCODE_POST_TOOL_USE = form({
  stops: false,
  deny: (reason, told) => ({ ...block(reason), ...specific(told, { additionalContext: reason }) }),
})

/** Of a failure there is nothing to take away. */
export const CONTEXT = form({
  stops: false,
  deny: (reason, told) => specific(told, { additionalContext: reason }),
})

/** Beginnings and ends of conversations: a deny says that it should not go on; each action is asked for anyway. */
export const HALT = form({ stops: false, deny: halt })
/** VS Code and Copilot know no block of a prompt but the end of the turn. */
export const PROMPT_HALT = form({ deny: halt })

// --- Gemini CLI ------------------------------------------------------------------------------------------------------------------------

const denial = (reason: string): JsonObject => ({ decision: 'deny', reason })

/** Gemini lays the new arguments over the old ones: a member that is to go would stay. */
export const BEFORE_TOOL = form({
  deny: denial,
  modify: {
    member: 'hookSpecificOutput.tool_input',
    say: (modified, told) =>
      Object.keys(told.input).every((key) => Object.hasOwn(modified, key))
        ? { hookSpecificOutput: { hookEventName: told.name, tool_input: modified } }
        : null,
  },
})

/** The result is hidden, and the reason stands in its place. */
export const AFTER_TOOL = form({
  deny: denial,
  modify: { member: 'reason', say: (modified) => denial(geminiText(modified)) },
})
export const BEFORE_AGENT = form({ deny: denial })

const geminiText = (modified: JsonObject): string =>
  typeof modified['llmContent'] === 'string' ? modified['llmContent'] : JSON.stringify(modified)

// --- Copilot CLI -----------------------------------------------------------------------------------------------------------------------

const flat = (decision: string) => (reason: string) => ({
  permissionDecision: decision,
  permissionDecisionReason: reason,
})

/** The flat form works under both spellings of the event; the nested one under one of them only. */
export const COPILOT_PRE_TOOL_USE = form({
  deny: flat('deny'),
  ask: flat('ask'),
  modify: {
    member: 'modifiedArgs',
    say: (modified) => ({ permissionDecision: 'allow', modifiedArgs: modified }),
  },
})

/** It comes before the client's own rules, which may allow without asking anybody. */
export const COPILOT_PERMISSION_REQUEST = form({
  deny: (reason) => ({ behavior: 'deny', message: reason }),
})

const copilotResult = (text: string): JsonObject => ({
  modifiedResult: { resultType: 'success', textResultForLlm: text },
})

export const COPILOT_POST_TOOL_USE = form({
  denyExit: 0,
  deny: copilotResult,
  modify: {
    member: 'modifiedResult',
    say: (modified) => copilotResult(resultText(modified)),
  },
})

function resultText(modified: JsonObject): string {
  const text = modified['text_result_for_llm'] ?? modified['textResultForLlm']
  return typeof text === 'string' ? text : JSON.stringify(modified)
}

export const COPILOT_CONTEXT = form({ stops: false, deny: (reason) => ({ additionalContext: reason }) })
/** Copilot CLI drops what a command hook says of a prompt. */
export const COPILOT_PROMPT = form({ stops: false, deny: halt })

// --- Cursor ----------------------------------------------------------------------------------------------------------------------------

const cursorSays = (decision: string) => (reason: string) => ({
  permission: decision,
  user_message: reason,
  agent_message: reason,
})

const cursor = (more: Partial<AnswerForm>): AnswerForm =>
  form({ allow: { permission: 'allow' }, deny: cursorSays('deny'), ...more })

/** Cursor accepts `ask` here and does not heed it. */
export const CURSOR_PRE_TOOL_USE = cursor({
  modify: {
    member: 'updated_input',
    say: (modified) => ({ permission: 'allow', updated_input: modified }),
  },
})
export const CURSOR_EXECUTION = cursor({ ask: cursorSays('ask') })
/** Files that are read, and subagents: no `ask`. */
export const CURSOR_PERMISSION = cursor({})

export const CURSOR_PROMPT = form({
  allow: { continue: true },
  deny: (reason) => ({ continue: false, user_message: reason }),
})

export const CURSOR_SESSION = form({
  stops: false,
  allow: { continue: true },
  deny: (reason) => ({ continue: false, user_message: reason }),
})

/** Only what an MCP tool gives back can be replaced. */
export const CURSOR_POST_TOOL_USE = form({
  stops: false,
  denyExit: 0,
  deny: (reason, told) => ({
    additional_context: reason,
    ...(told.tool?.startsWith('MCP:')
      ? { updated_mcp_tool_output: withheldObject(told.result, reason) }
      : {}),
  }),
  modify: {
    member: 'updated_mcp_tool_output',
    say: (modified, told) => (told.tool?.startsWith('MCP:') ? { updated_mcp_tool_output: modified } : null),
  },
})

function withheldObject(result: Json | null, reason: string): Json {
  const shaped = withheld(result, reason)
  return isObject(shaped) ? shaped : withheldText(reason)
}

/** Cursor does not look at what these are answered with. */
export const CURSOR_TOLD = form({ stops: false, deny: () => NOTHING })

// --- Windsurf, opencode ----------------------------------------------------------------------------------------------------------------

/** Windsurf knows exit codes and stderr; the JSON is for whoever reads along. */
export const WINDSURF_PRE = form({ deny: denial })
export const WINDSURF_POST = form({ stops: false, deny: denial })

/** Our own plugin: it throws the reason unless it reads `allow`. */
export const OPENCODE_BEFORE = form({
  allow: { decision: 'allow' },
  deny: denial,
  modify: { member: 'args', say: (modified) => ({ decision: 'allow', args: modified }) },
})
export const OPENCODE_AFTER = form({
  allow: { decision: 'allow' },
  deny: denial,
  modify: {
    member: 'output',
    say: (modified) => ({ decision: 'allow', output: outputText(modified) }),
  },
})

const outputText = (modified: JsonObject): string =>
  typeof modified['output'] === 'string' ? modified['output'] : JSON.stringify(modified)
export const OPENCODE_PROMPT = form({ allow: { decision: 'allow' }, deny: denial })
export const OPENCODE_TOLD = form({ stops: false, allow: { decision: 'allow' }, deny: denial })
