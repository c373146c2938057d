import type { BundleTool, JsonObject } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { lookAlikeIn } from '@writ/mcp'
import { isObject } from './canonical.ts'

/**
 * A tool that binds its arguments without regard to case takes `Path` for `path`, and a rule about `path` finds nothing to judge. Where
 * the tenant approved what the tool takes, an argument that is none of it and looks like one of it is refused.
 */
export function disguisedArgument(approved: BundleTool | undefined, args: JsonObject): Refusal | null {
  const schema = approved?.inputSchema
  if (!schema || !isObject(schema)) return null
  const isDisguised = lookAlikeIn(args, namesIn(schema)) !== null
  return isDisguised
    ? new Refusal('message_ambiguous', 'an argument looks like one that the tool takes and is not')
    : null
}

const names = new WeakMap<JsonObject, ReadonlySet<string>>()

function namesIn(schema: JsonObject): ReadonlySet<string> {
  const known = names.get(schema)
  if (known) return known
  const { properties = null } = schema
  const found = new Set(isObject(properties) ? Object.keys(properties) : [])
  names.set(schema, found)
  return found
}
