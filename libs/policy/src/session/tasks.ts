import { createHash } from 'node:crypto'
import { SESSION_CAPS } from '@writ/contracts'
import type { Action, SessionState } from '@writ/contracts'

/** A task of one connection. */
export type TaskPlace = { readonly connection: string; readonly task: string }

/**
 * Remembers the call that began a task, so that its result is judged as the answer to that call is. A task that two different calls
 * say to have begun is nobody's. The oldest are forgotten beyond the bound.
 * @returns the very same state where nothing is new
 */
export function withTask(state: SessionState, place: TaskPlace, action: Action): SessionState {
  const { tasks = {} } = state
  const key = keyOf(place)
  const began = !fits(action) || (Object.hasOwn(tasks, key) && !isSame(tasks[key], action)) ? null : action
  if (Object.hasOwn(tasks, key) && isSame(tasks[key], began)) return state
  const kept = Object.entries(tasks).filter(([known]) => known !== key)
  const room = kept.slice(Math.max(0, kept.length + 1 - SESSION_CAPS.tasks))
  return { ...state, version: state.version + 1, tasks: Object.fromEntries([...room, [key, began]]) }
}

/** The call that began a task, as far as this session remembers. */
export const taskOf = ({ tasks = {} }: SessionState, place: TaskPlace): Action | null => {
  const key = keyOf(place)
  return Object.hasOwn(tasks, key) ? (tasks[key] ?? null) : null
}

type Tasks = NonNullable<SessionState['tasks']>

/** What two sessions remember together; nothing for none. */
export function joinedTasks(left: Tasks = {}, right: Tasks = {}): Pick<SessionState, 'tasks'> {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .sort()
    .slice(0, SESSION_CAPS.tasks)
  const one = (name: string) => (name in left ? left[name] : right[name]) ?? null
  const both = names.map((name) => [
    name,
    name in left && name in right && !isSame(left[name], right[name]) ? null : one(name),
  ])
  return names.length === 0 ? {} : { tasks: Object.fromEntries(both) }
}

/** Whoever knows the id of a task may fetch it: the store holds a hash. */
const keyOf = ({ connection, task }: TaskPlace): string =>
  createHash('sha256')
    .update(JSON.stringify([connection, task]))
    .digest('base64url')
    .slice(0, 22)

const MOST_TEXT = 512
const fits = ({ tool, resource }: Action): boolean =>
  (tool ?? '').length <= MOST_TEXT && resource.length <= MOST_TEXT

const isSame = (one: Action | null | undefined, other: Action | null | undefined): boolean =>
  one?.method === other?.method && one?.resource === other?.resource && one?.class === other?.class
