import type { Json, JsonObject } from '@writ/contracts'
import type { Message } from '@writ/mcp'
import { namedBy, rowOf } from '@writ/mcp'
import { taskOf, withTask } from '@writ/policy'
import type { SessionStore } from '../session-store.ts'
import type { Allowed, Asked } from '../stages.ts'
import { nameAction } from './tool.ts'
import type { ToolPorts } from './tool.ts'
import { changed, firstState } from './under-session.ts'
import { sessionKeyOf } from './weigh.ts'

export type TaskPorts = ToolPorts & { readonly sessions: SessionStore; readonly nowMs: () => number }

/**
 * Remembers the call whose answer says that its result is to be fetched later, before the agent learns of the task. What cannot be
 * remembered is judged later as a stranger's words, and so is what is fetched in another session.
 */
export async function rememberTask(message: Message, allowed: Allowed, ports: TaskPorts): Promise<void> {
  const task = allowed.action.method === 'tools/call' ? taskBegun(message.result) : null
  if (task === null) return
  const place = { connection: allowed.connection.id, task }
  const session = sessionKeyOf(allowed)
  await changed(session, ports.sessions, async (stored) => {
    const state = stored ?? (await firstState(session, ports.sessions, ports.nowMs()))
    return withTask(state, place, allowed.action)
  })
}

/** In 2025-11-25 `result.task` (CreateTaskResult); from 2026-07-28 on the result itself, which says so (SEP-2663). */
function taskBegun(result: Json | undefined): string | null {
  if (!isObject(result)) return null
  const task = isObject(result['task']) ? result['task'] : result['resultType'] === 'task' ? result : null
  const id = task?.['taskId']
  return typeof id === 'string' ? id : null
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Messages that name a task: what they are answered with is the result of another call. */
export const isOfTask = ({ row }: Asked): boolean => row.named === 'taskId'

export const taskAskedFor = ({ message, row }: Asked): string | null => namedBy(message, row)

/** The task that a server tells of unasked: with its state, or its whole result (SEP-2663). Null for every other message. */
export function taskToldOf(message: Message): string | null {
  const row = message.kind === 'notification' ? rowOf(message) : undefined
  return row?.named === 'taskId' ? namedBy(message, row) : null
}

/** The call that began a task, as its result is judged: by its tool and class. Null: nobody knows. */
export async function callBehind(
  asked: Asked,
  task: string | null,
  ports: TaskPorts,
): Promise<Pick<Asked, 'action' | 'tool'> | null> {
  const stored = await ports.sessions.read(sessionKeyOf(asked)).catch(() => null)
  if (stored === null || task === null) return null
  const { connection } = asked
  const began = taskOf(stored, { connection: connection.id, task })
  if (began === null) return null
  const { tool } = nameAction({ connection, method: began.method, named: began.tool, args: {} }, ports)
  return { action: { ...began, method: asked.action.method }, tool }
}
