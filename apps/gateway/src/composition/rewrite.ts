import type { Edit, Span } from '@writ/mcp'
import { edited, spanAt, spansOf, stringIn, textIn, valueIn } from '@writ/mcp'
import { composedMark, composedUri } from './names.ts'

/** How one connection's own names are written for the agent. */
export type Writing = {
  readonly connection: string
  /** a task id, and a request's state, sealed with its connection */
  readonly sealTask: (task: string) => string
  readonly sealState: (state: string) => string
  /** the request that went there, under its id there, and the agent's own; null where it was none */
  readonly asked?: Asked | null
}

export type Asked = { readonly there: string; readonly own: string | number | null }

const RELATED_TASK = 'io.modelcontextprotocol/related-task'

/**
 * One message of an upstream, with the names that only its connection knows written for the composed server: ids of its own requests,
 * URIs, task ids, states of requests. Nothing else of the text changes.
 */
export function toAgent(text: string, writing: Writing): string {
  const root = spansOf(text)
  const method = stringIn(text, spanAt(root, 'method'))
  const edits = method === null ? ofResult(text, root, writing) : ofCall(text, root, { method, writing })
  return edited(text, edits)
}

type Calling = { readonly method: string; readonly writing: Writing }

/** A request or notification of the upstream's own. */
function ofCall(text: string, root: Span, { method, writing }: Calling): Edit[] {
  const params = spanAt(root, 'params')
  return [
    ...markEdits(text, spanAt(root, 'id'), writing),
    ...(method === 'notifications/progress'
      ? []
      : markEdits(text, spanAt(params, '_meta', 'progressToken'), writing)),
    ...(method === 'notifications/cancelled' ? markEdits(text, spanAt(params, 'requestId'), writing) : []),
    ...(method === 'notifications/resources/updated' ? uriEdits(text, spanAt(params, 'uri'), writing) : []),
    // What a server asks about tasks is about those of its client.
    ...(TASKS.has(method) ? sealEdits(text, spanAt(params, 'taskId'), writing.sealTask) : []),
    ...(TASKS.has(method) ? contentEdits(text, spanAt(params, 'result'), writing) : []),
    ...sealEdits(text, spanAt(params, '_meta', RELATED_TASK, 'taskId'), writing.sealTask),
    ...listOf(spanAt(params, 'notifications', 'resourceSubscriptions')).flatMap((uri) =>
      uriEdits(text, uri, writing),
    ),
    ...listOf(spanAt(params, 'notifications', 'taskIds')).flatMap((task) =>
      sealEdits(text, task, writing.sealTask),
    ),
  ]
}

const TASKS: ReadonlySet<string> = new Set(['notifications/tasks/status', 'notifications/tasks'])

function ofResult(text: string, root: Span, writing: Writing): Edit[] {
  const result = spanAt(root, 'result')
  const ownId = idEdits(text, root, writing.asked)
  if (result === undefined) return ownId
  return [
    ...ownId,
    ...sealEdits(text, spanAt(result, 'requestState'), writing.sealState),
    ...sealEdits(text, spanAt(result, 'taskId'), writing.sealTask),
    ...sealEdits(text, spanAt(result, 'task', 'taskId'), writing.sealTask),
    ...sealEdits(text, spanAt(result, '_meta', RELATED_TASK, 'taskId'), writing.sealTask),
    ...contentEdits(text, result, writing),
    // A task that is done holds the result of the call that began it (SEP-2663).
    ...contentEdits(text, spanAt(result, 'result'), writing),
  ]
}

/** The answer to what the agent asked bears its own id. Wherever else its server speaks of the id, that stays. */
function idEdits(text: string, root: Span, asked: Asked | null | undefined): Edit[] {
  const at = spanAt(root, 'id')
  if (!asked || at === undefined || stringIn(text, at) !== asked.there) return []
  return [{ at, text: JSON.stringify(asked.own) }]
}

/** The body of an error, which nobody read as a message: it may be none. */
export function withOwnId(text: string, asked: Asked | null): string {
  try {
    JSON.parse(text)
    const root = spansOf(text)
    return edited(text, idEdits(text, root, asked))
  } catch {
    return text
  }
}

/** Resources that a result shows, embeds or links to. */
function contentEdits(text: string, result: Span | undefined, writing: Writing): Edit[] {
  const messages = spanAt(result, 'messages')?.items ?? []
  return [
    ...listOf(spanAt(result, 'contents')).flatMap((item) => uriEdits(text, spanAt(item, 'uri'), writing)),
    ...listOf(spanAt(result, 'content')).flatMap((block) => blockEdits(text, block, writing)),
    ...messages.flatMap((message) =>
      listOf(spanAt(message, 'content')).flatMap((block) => blockEdits(text, block, writing)),
    ),
  ]
}

/** One content block, or a list of them. */
const listOf = (span: Span | undefined): readonly Span[] => span?.items ?? (span === undefined ? [] : [span])

/** A resource that a block links to, or embeds, is one that the agent may read. */
function blockEdits(text: string, block: Span, writing: Writing): Edit[] {
  const type = stringIn(text, spanAt(block, 'type'))
  if (type === 'resource_link') return uriEdits(text, spanAt(block, 'uri'), writing)
  return type === 'resource' ? uriEdits(text, spanAt(block, 'resource', 'uri'), writing) : []
}

function uriEdits(text: string, at: Span | undefined, { connection }: Writing): Edit[] {
  const uri = stringIn(text, at)
  return at === undefined || uri === null ? [] : [{ at, text: JSON.stringify(composedUri(connection, uri)) }]
}

function sealEdits(text: string, at: Span | undefined, seal: (value: string) => string): Edit[] {
  const value = stringIn(text, at)
  return at === undefined || value === null ? [] : [{ at, text: JSON.stringify(seal(value)) }]
}

function markEdits(text: string, at: Span | undefined, { connection }: Writing): Edit[] {
  const mark = at === undefined ? null : valueIn(text, at)
  if (at === undefined || (typeof mark !== 'string' && typeof mark !== 'number')) return []
  return [{ at, text: JSON.stringify(composedMark(connection, mark)) }]
}

/** A message of the agent with single values replaced, by the path of their names. A path that is not there changes nothing. */
export function withTexts(text: string, changes: readonly Change[]): string {
  const root = spansOf(text)
  const edits = changes.flatMap(({ path, value }) => {
    const at = spanAt(root, ...path)
    return at === undefined ? [] : [{ at, text: JSON.stringify(value) }]
  })
  return edited(text, edits)
}

export type Change = { readonly path: readonly string[]; readonly value: string | number }

/** The call that `call_tool` stands for: its own name and arguments, as the agent wrote them. */
export function unwrapped(text: string, name: string): string {
  const root = spansOf(text)
  const [at, args] = [spanAt(root, 'params', 'name'), spanAt(root, 'params', 'arguments')]
  if (at === undefined || args === undefined) return text
  const inner = spanAt(args, 'arguments')
  return edited(text, [
    { at, text: JSON.stringify(name) },
    { at: args, text: inner === undefined ? '{}' : textIn(text, inner) },
  ])
}
