import type { Json, JsonObject } from '@writ/contracts'
import { isList, memberOf } from '../path.ts'
import { formatPointer } from '../pointer.ts'
import { RuleFault } from '../rule-fault.ts'
import { SchemaWalk } from './schema-walk.ts'
import type { Change } from './schema-walk.ts'

/**
 * Whether the texts that were rewritten still are what the tool says that it takes. Looked at are the changed string leaves only, by what
 * JSON Schema (2020-12, and draft 7 where they agree) says about them; the rest of the content is the agent's own business.
 * Anybody may have written the schema: what cannot be told of it, or not within bounds, counts as not allowed.
 */
export function checkAgainstSchema(before: Json, after: Json, inputSchema: JsonObject): RuleFault | null {
  const walk = new SchemaWalk(inputSchema)
  for (const change of changesBetween(before, after)) {
    const fault = walk.faultOf(change)
    if (fault !== null) return new RuleFault(`${formatPointer(change.steps)} ${fault.because}`)
  }
  return null
}

type Pair = { readonly before: Json; readonly after: Json; readonly steps: readonly string[] }

/** Parts that are the same reference were not touched; rewriting keeps the shape of the rest. */
function* changesBetween(before: Json, after: Json): Generator<Change> {
  const open: Pair[] = [{ before, after, steps: [] }]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    if (pair.before === pair.after) continue
    if (typeof pair.before === 'string' && typeof pair.after === 'string')
      yield { before: pair.before, after: pair.after, steps: pair.steps }
    else open.push(...childrenOf(pair))
  }
}

function childrenOf({ before, after, steps }: Pair): readonly Pair[] {
  if (typeof after !== 'object' || after === null) return []
  const names = isList(after) ? after.map((_, at) => String(at)) : Object.keys(after)
  return names.map((name) => ({
    before: memberOf(before, name) ?? null,
    after: memberOf(after, name) ?? null,
    steps: [...steps, name],
  }))
}
