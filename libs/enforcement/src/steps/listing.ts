import type { Json, JsonObject } from '@writ/contracts'
import { isVisible } from '@writ/policy'
import type { Asked } from '../stages.ts'
import { questionOf } from './question.ts'
import { nameAction } from './tool.ts'
import type { ToolPorts } from './tool.ts'

/** What a listing left of its content, and the names that this caller is not shown. */
export type Listed = { readonly content: Json; readonly hidden: readonly string[] }

/**
 * Leaves out of a listing what this caller may not call whatever the arguments: the same rules decide, with the arguments unknown.
 * Content of any other shape, and a listing from which nothing is left out, is the very same reference.
 */
export function listed(
  content: Json,
  asked: Asked,
  ports: ToolPorts & { readonly nowMs: () => number },
): Listed {
  const listing = LISTINGS.get(asked.action.method)
  const items = listing && isObject(content) ? content[listing.member] : undefined
  if (!listing || !isObject(content) || !Array.isArray(items)) return { content, hidden: [] }
  const moment = { state: null, nowMs: ports.nowMs() }
  const hidden: string[] = []
  const shown = items.filter((item: Json) => {
    const name = isObject(item) ? item[listing.named] : undefined
    if (typeof name !== 'string') return true
    const candidate = askedFor(asked, listing.method, name, ports)
    if (isVisible(asked.current.policies, questionOf(candidate, 'outbound', {}, moment))) return true
    hidden.push(name)
    return false
  })
  return hidden.length === 0
    ? { content, hidden }
    : { content: { ...content, [listing.member]: shown }, hidden }
}

/** The call that an item of a listing offers. */
const askedFor = (asked: Asked, method: string, named: string, ports: ToolPorts): Asked => ({
  ...asked,
  args: {},
  ...nameAction({ connection: asked.connection, method, named, args: {} }, ports),
})

type Listing = {
  readonly member: string
  readonly named: 'name' | 'uri' | 'uriTemplate'
  readonly method: string
}

const LISTINGS: ReadonlyMap<string, Listing> = new Map<string, Listing>([
  ['tools/list', { member: 'tools', named: 'name', method: 'tools/call' }],
  ['prompts/list', { member: 'prompts', named: 'name', method: 'prompts/get' }],
  ['resources/list', { member: 'resources', named: 'uri', method: 'resources/read' }],
  [
    'resources/templates/list',
    { member: 'resourceTemplates', named: 'uriTemplate', method: 'resources/read' },
  ],
])

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
