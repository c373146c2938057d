import type { Action, ToolAuthorization, ToolAuthorizations } from '@writ/contracts'
import { OPEN_METHODS } from '@writ/contracts'
import { isGlobWithin } from '@writ/identity'

/** What a message would do, and where. */
export type Doing = { readonly connection: string; readonly action: Action }

/**
 * Whether the token was given for this (RFC 9396): of several entries any one suffices, within an entry every member narrows.
 * @param authorizations null: whatever policy allows
 */
export const isCovered = (authorizations: ToolAuthorizations | null, doing: Doing): boolean =>
  authorizations === null || authorizations.some((entry) => covers(entry, doing))

function covers({ connections, tools, classes }: ToolAuthorization, { connection, action }: Doing): boolean {
  if (connections !== undefined && !connections.includes(connection)) return false
  // What begins or ends a connection, or lists what is then left out, is needed for any use of it.
  if (isOfConnection(action)) return true
  if (classes !== undefined && !classes.includes(action.class)) return false
  return tools === undefined || isNamed(action.tool, tools)
}

/** An answer belongs to a call that was covered. */
const isOfConnection = ({ method }: Action): boolean => OPEN_METHODS.has(method) || method === 'response'

function isNamed(name: string | null, patterns: readonly string[]): boolean {
  if (name === null) return false
  // Time that grows with the name is spent on names that a server could have given.
  if (name.length > LONGEST_NAME) return patterns.includes('*')
  return patterns.some((pattern) => isGlobWithin(name, pattern))
}

const LONGEST_NAME = 2_048
