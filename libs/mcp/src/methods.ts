import { eraOf } from './era.ts'
import type { Message } from './message.ts'

/** What mediation does with one method. */
export type MethodRow = {
  /** `arguments`: policy also sees `params.arguments` as `args` */
  readonly inspect: 'arguments' | 'params'
  /** the member of `params` that names the tool, prompt, resource or task; `ref` holds a prompt or resource reference */
  readonly named: 'name' | 'uri' | 'ref' | 'taskId' | null
  /** it may change something at the upstream */
  readonly effect: boolean
  /** `2025`: every version up to 2025-11-25; `2026`: from 2026-07-28 on */
  readonly era: 'both' | '2025' | '2026'
  readonly from: 'client' | 'server' | 'both'
  /** under a group's default of `deny`: `asked` needs an allow rule, `passes` does not. Policy reads it from `OPEN_METHODS` of the contracts. */
  readonly byDefault: 'asked' | 'passes'
}

const row = (
  from: MethodRow['from'],
  era: MethodRow['era'],
  rest: Partial<Pick<MethodRow, 'inspect' | 'named' | 'effect' | 'byDefault'>> = {},
): MethodRow => ({ inspect: 'params', named: null, effect: false, byDefault: 'asked', ...rest, from, era })

const PASSES = { byDefault: 'passes' } as const

/** Every method of both eras. What is not in this table is refused. */
export const METHODS: Readonly<Record<string, MethodRow>> = {
  initialize: row('client', '2025', PASSES),
  ping: row('both', '2025', PASSES),
  'server/discover': row('client', '2026', PASSES),
  'tools/list': row('client', 'both', PASSES),
  'tools/call': row('client', 'both', { inspect: 'arguments', named: 'name', effect: true }),
  'prompts/list': row('client', 'both', PASSES),
  'prompts/get': row('client', 'both', { inspect: 'arguments', named: 'name' }),
  'resources/list': row('client', 'both', PASSES),
  'resources/templates/list': row('client', 'both', PASSES),
  'resources/read': row('client', 'both', { named: 'uri' }),
  'resources/subscribe': row('client', '2025', { named: 'uri' }),
  'resources/unsubscribe': row('client', '2025', { named: 'uri' }),
  'subscriptions/listen': row('client', '2026'),
  'completion/complete': row('client', 'both', { named: 'ref' }),
  'logging/setLevel': row('client', '2025'),
  'tasks/list': row('both', '2025'),
  'tasks/get': row('both', 'both', { named: 'taskId' }),
  'tasks/result': row('both', '2025', { named: 'taskId' }),
  'tasks/update': row('client', '2026', { named: 'taskId', effect: true }),
  'tasks/cancel': row('both', 'both', { named: 'taskId', effect: true }),
  'sampling/createMessage': row('server', '2025'),
  'elicitation/create': row('server', '2025'),
  'roots/list': row('server', '2025'),
  'notifications/initialized': row('client', '2025', PASSES),
  'notifications/roots/list_changed': row('client', '2025', PASSES),
  'notifications/cancelled': row('both', 'both', PASSES),
  'notifications/progress': row('both', 'both'),
  'notifications/tasks/status': row('both', '2025', { named: 'taskId' }),
  // It can carry the whole result of the task (SEP-2663).
  'notifications/tasks': row('server', '2026', { named: 'taskId' }),
  'notifications/message': row('server', 'both'),
  'notifications/resources/updated': row('server', 'both', { named: 'uri' }),
  'notifications/resources/list_changed': row('server', 'both'),
  'notifications/tools/list_changed': row('server', 'both'),
  'notifications/prompts/list_changed': row('server', 'both'),
  'notifications/subscriptions/acknowledged': row('server', '2026'),
  'notifications/elicitation/complete': row('server', '2025'),
  // Not methods of the protocol: what an agent can also send, so that nothing passes beside the table.
  response: row('both', '2025', { effect: true }),
  'http/get': row('client', '2025', PASSES),
  'http/delete': row('client', '2025', { effect: true, ...PASSES }),
}

/**
 * The row of a message; undefined refuses it. A request sent as a notification, or the reverse, has no row; nor has a request that claims
 * a version which no longer knows its method.
 */
export function rowOf(message: Message): MethodRow | undefined {
  if (message.kind === 'response') return METHODS['response']
  if (message.method === null || !Object.hasOwn(METHODS, message.method)) return undefined
  const known = METHODS[message.method]
  const isGone = message.kind === 'request' && known?.era === '2025' && eraOf(message) === '2026'
  return !isGone && isNameOfItsKind(message.method, message) ? known : undefined
}

function isNameOfItsKind(method: string, { kind, tree }: Message): boolean {
  // A pseudo method is made by the gateway, and then has no envelope; nobody can send one.
  if (method === 'http/get' || method === 'http/delete') return tree['method'] === undefined
  if (method === 'response') return false
  return (kind === 'notification') === method.startsWith('notifications/')
}
