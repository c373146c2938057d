import type { Token } from './tokens.ts'

/**
 * How deep an expression may nest, in steps of the parser's stack. A parser compiled to WebAssembly that runs out of stack (from some 250
 * steps on, measured with 4.13) is broken for every later call of the process, so the depth is bounded before it sees the text.
 */
const MAX_NESTING = 128
/** A bracket costs the parser several calls. */
const BRACKET = 4
const LONGEST = 4096

/** `run`: steps since the last sign that ends them; `links`: signs that nest what stands before them. */
type Level = { readonly opened: number; links: number; run: number; longest: number; deepest: number }

const OPENING = new Set(['(', '[', '{'])
const CLOSING = new Set([')', ']', '}'])
const LINKING = new Set(['&&', '||', 'if', 'then', 'else'])
const RUNNING = new Set(['+', '-', '*', '.', '!', '::'])
const ENDING = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', 'has', 'like', 'is'])

/** The first place where the tokens nest too deep, or null. */
export function nestingOf(tokens: readonly Token[]): { offset: number; reason: string } | null {
  const levels: Level[] = [fresh(0)]
  let taken = 0
  for (const token of tokens) {
    taken = token.text === ';' ? 0 : taken + 1
    if (taken > LONGEST)
      return { offset: token.start, reason: `a policy has more than ${LONGEST} words and marks` }
    if (step(levels, token.text) > MAX_NESTING)
      return { offset: token.start, reason: 'the policy nests too deep' }
  }
  return null
}

const fresh = (opened: number): Level => ({ opened, links: 0, run: 0, longest: 0, deepest: 0 })

/** Takes one token and answers how deep it stands. */
function step(levels: Level[], token: string): number {
  const level = levels.at(-1) ?? fresh(0)
  if (OPENING.has(token)) levels.push(fresh(level.opened + level.links + level.run + BRACKET))
  else if (CLOSING.has(token)) close(levels)
  else take(level, token)
  return level.opened + level.links + Math.max(level.longest, level.run) + level.deepest
}

function take(level: Level, token: string): void {
  if (RUNNING.has(token)) level.run += 1
  else if (LINKING.has(token)) level.links += 1
  else if (token === ',' || token === ';') level.links = 0
  else if (!ENDING.has(token)) return
  if (RUNNING.has(token)) return
  level.longest = Math.max(level.longest, level.run)
  level.run = 0
}

/** A bracket that closes stands below the steps that follow it: `(…).a.b`. */
function close(levels: Level[]): void {
  const inner = levels.length > 1 ? levels.pop() : undefined
  const outer = levels.at(-1)
  if (inner === undefined || outer === undefined) return
  const depth = inner.links + Math.max(inner.longest, inner.run) + inner.deepest + BRACKET
  outer.deepest = Math.max(outer.deepest, depth)
}
