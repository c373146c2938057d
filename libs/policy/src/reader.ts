import { READS } from './facts.ts'
import type { Reader } from './facts.ts'
import { FIELDS } from './fields.ts'
import type { Field } from './fields.ts'
import { gather, parsePath, walk } from './path.ts'
import type { ParsedPath } from './path.ts'
import { provenanceAt } from './provenance.ts'
import { RuleFault } from './rule-fault.ts'

/** `isMany`: the path has a `*`, so that what is read is the list of every item's value. */
export type PathReader = Field & { readonly isMany: boolean }

/**
 * Turns a path into a reader. Below `args`, `content` and `tool.annotations` lies what was sent; under every other root only certain
 * fields exist, so that a misspelt one is a fault and not a rule that never matches.
 */
export function readerOf(path: string): PathReader | RuleFault {
  const field = FIELDS.get(path)
  if (field !== undefined) return { ...field, isMany: false }
  const parsed = parsePath(path)
  if (parsed instanceof RuleFault) return parsed
  if (parsed.root === 'args') return treeReader(parsed, READS.args, ({ question }) => question.args)
  if (parsed.root === 'content') return treeReader(parsed, READS.content, ({ question }) => question.content)
  if (parsed.root === 'tool' && parsed.steps[0] === 'annotations' && parsed.steps.length > 1) {
    const below = { ...parsed, steps: parsed.steps.slice(1) }
    return treeReader(below, READS.resource, ({ question }) => question.tool.annotations)
  }
  if (parsed.root === 'provenance') return provenanceReader(parsed)
  return new RuleFault(`there is no ${path}`)
}

type Root = (facts: Parameters<Reader>[0]) => Parameters<typeof walk>[0]

function treeReader({ steps, hasEvery }: ParsedPath, reads: number, root: Root): PathReader {
  const names = steps.filter((step) => typeof step === 'string')
  const read: Reader = hasEvery ? (facts) => gather(root(facts), steps) : (facts) => walk(root(facts), names)
  return { reads, read: steps.length === 0 ? root : read, isMany: hasEvery }
}

/** Where the values of an argument come from: of a list or a starred path, the sources of all of its items together. */
function provenanceReader(parsed: ParsedPath): PathReader {
  const argument = treeReader({ ...parsed, root: 'args' }, READS.args, ({ question }) => question.args)
  const read: Reader = (facts) => {
    const value = argument.read(facts)
    return value === undefined || value instanceof RuleFault ? value : provenanceAt(value, facts)
  }
  return { reads: READS.args | READS.session | READS.keys, read, isMany: false }
}
