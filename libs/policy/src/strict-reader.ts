import type { Json } from '@writ/contracts'
import type { Facts } from './facts.ts'
import { isList, parsePath } from './path.ts'
import { readerOf } from './reader.ts'
import type { PathReader } from './reader.ts'
import { RuleFault } from './rule-fault.ts'

/**
 * Reads as Cedar does: through records only, never by an index, to a value that is there and is not null; everything else is a fault.
 * Asked whether something `exists`, the record that would hold it has to be there, and not the member itself.
 */
export function strictReaderOf(path: string, isAboutExistence: boolean): PathReader | RuleFault {
  const reader = readerOf(path)
  if (reader instanceof RuleFault) return reader
  if (reader.isMany) return new RuleFault(`${path} has a star and cannot be required`)
  const missing = new RuleFault(`${path} is required and not there`)
  const tree = treeOf(path)
  const find = (facts: Facts): Found => (tree === null ? reader.read(facts) : memberOf(facts, tree))
  const read = (facts: Facts): Json | undefined | RuleFault => {
    const found = find(facts)
    if (found === NO_RECORD) return missing
    return (found === undefined || found === null) && !isAboutExistence ? missing : found
  }
  return { reads: reader.reads, isMany: false, read }
}

type Tree = { readonly root: (facts: Facts) => Json; readonly steps: readonly string[] }
type Found = Json | undefined | RuleFault | typeof NO_RECORD
const NO_RECORD: unique symbol = Symbol('no record')

/** Where members may be there or not; null for the fields that are told by the question itself. */
function treeOf(path: string): Tree | null {
  const parsed = parsePath(path)
  if (parsed instanceof RuleFault || path === 'content.signals') return null
  const steps = parsed.steps.filter((step) => typeof step === 'string')
  if (parsed.root === 'args') return { root: ({ question }) => question.args, steps }
  if (parsed.root === 'content') return { root: ({ question }) => question.content, steps }
  if (parsed.root === 'tool' && steps[0] === 'annotations')
    return { root: ({ question }) => question.tool.annotations, steps: steps.slice(1) }
  return null
}

/** @returns `undefined` when only the last step is missing */
function memberOf(facts: Facts, { root, steps }: Tree): Found {
  let value: Json = root(facts)
  for (const [at, step] of steps.entries()) {
    if (typeof value !== 'object' || value === null || isList(value)) return NO_RECORD
    const member: Json | undefined = Object.hasOwn(value, step) ? value[step] : undefined
    if (member === undefined) return at === steps.length - 1 ? undefined : NO_RECORD
    value = member
  }
  return value
}
