import type { Action, ActionClass, BundleConnection, JsonObject } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Message, MessageLimits } from '@writ/mcp'
import { argumentsOf, checkHeaders, namedBy, readMessage, rowOf } from '@writ/mcp'
import { isCovered } from './authorization.ts'
import { disguisedArgument } from './disguised.ts'
import { approvedTool, nameAction } from './tool.ts'
import type { ToolPorts } from './tool.ts'
import type { Asked, Entry, Received, Verified } from '../stages.ts'

export type ReadPorts = ToolPorts & {
  /** limits of a message that an agent sends */
  readonly requestLimits: MessageLimits
  /** false while only this node knows which proofs were used here */
  readonly isReplayShared: () => boolean
}

/** What is asked: the connection of the route, the strictly read message, and the action that it would be. */
export function read(verified: Verified, entry: Entry, ports: ReadPorts): Asked | Refusal {
  const connection = connectionFor(verified)
  if (isRefusal(connection)) return connection
  entry.connection = connection

  const message = messageIn(verified.received, ports.requestLimits)
  if (isRefusal(message)) return message
  entry.message = message
  const mismatch = headersFault(message, verified.received)
  if (mismatch) return mismatch

  const row = rowOf(message)
  if (!row || row.from === 'server') return new Refusal('method_unknown')
  const named = namedBy(message, row)
  const args = argumentsOf(message, row)
  const method = message.method ?? 'response'
  const { action, tool } = nameAction({ connection, method, named, args }, ports)
  entry.action = action
  const beyond = beyondGiven(connection, action, verified)
  if (beyond) return beyond
  const { received, current, caller, callerUnder } = verified
  return (
    disguisedArgument(approvedTool({ connection, method, named }), args) ??
    tooLate(action, verified, ports) ?? {
      received,
      current,
      caller,
      callerUnder,
      channel: 'gateway',
      connection,
      message,
      row,
      action,
      args,
      tool,
    }
  )
}

/** What neither the agent's groups nor its token were given. */
function beyondGiven(connection: BundleConnection, action: Action, verified: Verified): Refusal | null {
  if (!isGiven(connection, verified)) return new Refusal('connection_forbidden')
  return isCovered(verified.caller.authorizations, { connection: connection.name, action })
    ? null
    : new Refusal('scope_insufficient')
}

/** What changes something is refused sooner than what reads, when this gateway may have missed a revocation or a used proof. */
function tooLate({ class: actionClass }: Action, { current }: Verified, ports: ReadPorts): Refusal | null {
  if (!READING.has(actionClass) && !current.isInStep())
    return new Refusal(
      'policy_stale',
      'nothing is changed until this gateway has heard from the control plane',
    )
  if (IRREVERSIBLE.has(actionClass) && !ports.isReplayShared()) return new Refusal('replay_unavailable')
  return null
}

const READING: ReadonlySet<ActionClass> = new Set(['read.public', 'read.private', 'read.untrusted'])

const IRREVERSIBLE: ReadonlySet<ActionClass> = new Set(['money', 'destructive', 'admin', 'credential'])

function connectionFor({ current, received }: Verified): BundleConnection | Refusal {
  return current.connections.get(received.connectionName) ?? new Refusal('connection_unknown')
}

/** Connections are given to the agent's own access groups: a human's groups never widen what an agent reaches. */
const isGiven = (connection: BundleConnection, { caller }: Verified): boolean =>
  caller.agent.groups.some((group) => connection.groups.includes(group))

const NO_PARAMS: JsonObject = {}

/** GET and DELETE carry no body; they are messages of their own rows, so that nothing passes beside the table. */
function messageIn(received: Received, limits: MessageLimits): Message | Refusal {
  if (received.verb !== 'POST') {
    const method = received.verb === 'GET' ? 'http/get' : 'http/delete'
    return { kind: 'notification', id: null, method, params: NO_PARAMS, tree: NO_PARAMS }
  }
  return readMessage(received.body, limits)
}

const headersFault = (message: Message, { verb, headers }: Received): Refusal | null =>
  verb === 'POST' ? checkHeaders(message, (name) => headers.get(name) ?? []) : null
