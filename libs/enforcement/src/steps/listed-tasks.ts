import type { Json, JsonObject } from '@writ/contracts'
import { taskOf } from '@writ/policy'
import type { Asked } from '../stages.ts'
import { mayBelongTo } from './answering.ts'
import type { TaskPorts } from './tasks.ts'
import { sessionKeyOf } from './weigh.ts'

/**
 * A listing of tasks (2025-11-25) without those that this session did not begin: behind one credential an upstream cannot tell its callers
 * apart, and lists the tasks of all of them.
 */
export async function ownTasks(content: Json, asked: Asked, ports: TaskPorts): Promise<Json> {
  if (!mayBelongTo(asked.action.method, 'tasks/list') || !isObject(content)) return content
  const { tasks } = content
  if (!Array.isArray(tasks) || tasks.length === 0) return content
  const stored = await ports.sessions.read(sessionKeyOf(asked)).catch(() => null)
  const isOwn = (listed: Json): boolean => {
    const task = isObject(listed) ? listed['taskId'] : null
    const place = { connection: asked.connection.id, task: typeof task === 'string' ? task : '' }
    return stored !== null && taskOf(stored, place) !== null
  }
  const own = tasks.filter(isOwn)
  return own.length === tasks.length ? content : { ...content, tasks: own }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
