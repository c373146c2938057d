import type {
  CompoundList,
  Function as FunctionNode,
  ParsedScript,
  Pipeline,
  PipelineNode,
  Statement,
  SyntaxNode,
  AndOr,
  Word,
} from 'unbash'
import { runCommand } from './command.ts'
import { foldText, foldWord, runInside } from './fold.ts'
import { redirected } from './redirects.ts'
import { assign, copyOf, mergeVars, possible, spend, sure, type State } from './state.ts'
import { joined, NOTHING, UNKNOWN, literal, unknownFrom, LOCAL, type Value } from './text.ts'

/** What a script prints. Each command is read in the state that those before it left behind. */
export function runScript(state: State, script: ParsedScript, stdin: Value | null): Value {
  if ((script.errors?.length ?? 0) > 0) {
    possible(state, 'unresolvable', 'syntax', 'no shell would read this the way it is written')
  }
  return runList(state, script.commands, stdin)
}

const runList = (state: State, statements: readonly Statement[], stdin: Value | null): Value =>
  joined(statements.map((statement) => runNode(state, statement, stdin)))

type Node = Statement | CompoundList | PipelineNode | AndOr
type Runs<T> = (state: State, node: T, stdin: Value | null) => Value

export function runNode(state: State, node: SyntaxNode, stdin: Value | null): Value {
  if (!spend(state)) return unknownFrom(LOCAL)
  if (!state.isNested && node.type !== 'Statement') state.span = [node.pos, node.end]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's type gives each kind of node its own reader
  const run = (NODES as Readonly<Record<string, unknown>>)[node.type] as Runs<SyntaxNode> | undefined
  return run === undefined ? NOTHING : run(state, node, stdin)
}

const NODES: { readonly [T in Node['type']]: Runs<Extract<Node, { type: T }>> } = {
  Statement: (state, node, stdin) =>
    runNode(node.background === true ? copyOf(state) : state, node.command, stdin),
  CompoundList: (state, node, stdin) => runList(state, node.commands, stdin),
  Pipeline: runPipeline,
  AndOr: runAndOr,
  Command: (state, node, stdin) => runCommand(state, node, stdin),
  Redirected: (state, node, stdin) =>
    redirected(state, { redirects: node.redirects, stdin }, (input) => runNode(state, node.command, input)),
  Subshell: (state, node, stdin) => runNode(copyOf(state), node.body, stdin),
  BraceGroup: (state, node, stdin) => runNode(state, node.body, stdin),
  If: (state, node, stdin) => {
    const parts = [node.then, ...node.elif.flatMap(({ clause, then }) => [clause, then]), node.else]
    const tested = runNode(state, node.clause, stdin)
    return joined([
      tested,
      ...parts.map((part) => (part === undefined ? NOTHING : maybe(state, part, stdin))),
    ])
  },
  While: (state, node, stdin) =>
    repeated(state, () => joined([runNode(state, node.clause, stdin), maybe(state, node.body, stdin)])),
  For: (state, node, stdin) => runLoop(state, node, stdin),
  Select: (state, node, stdin) => runLoop(state, node, stdin),
  ArithmeticFor: (state, node, stdin) => {
    for (const part of [node.initialize, node.test, node.update])
      if (part !== undefined) runInside(state, part)
    return repeated(state, () => maybe(state, node.body, stdin))
  },
  ArithmeticCommand: (state, node) => {
    runInside(state, node)
    return NOTHING
  },
  TestCommand: (state, node) => {
    runInside(state, node)
    return NOTHING
  },
  Case: (state, node, stdin) => {
    foldText(state, node.word)
    return joined(
      node.items.map((item) => {
        for (const pattern of item.pattern) foldText(state, pattern)
        return maybe(state, item.body, stdin)
      }),
    )
  },
  Function: (state, node) => {
    define(state, node)
    return NOTHING
  },
  Coproc: (state, node, stdin) => runNode(copyOf(state), node.body, stdin),
}

/** What may run or not: variables have the values of both afterwards. */
function maybe(state: State, node: CompoundList, stdin: Value | null): Value {
  const before = new Map(state.vars)
  const printed = runNode(state, node, stdin)
  if (!isEnding(node)) mergeVars(state, before)
  else state.vars = before
  return printed
}

function runPipeline(state: State, node: Pipeline, stdin: Value | null): Value {
  const isAlone = node.commands.length === 1
  return (
    node.commands.reduce<Value | null>(
      (input, command) => runNode(isAlone ? state : copyOf(state), command, input),
      stdin,
    ) ?? NOTHING
  )
}

/** After `a && b || c` a variable may be as it was after `a`, or after what followed; `a || exit` leaves only the first. */
function runAndOr(state: State, node: AndOr, stdin: Value | null): Value {
  const printed = node.commands.slice(0, 1).map((first) => runNode(state, first, stdin))
  const afterFirst = new Map(state.vars)
  let isMerged = false
  for (const [at, command] of node.commands.slice(1).entries()) {
    const isOr = node.operators[at] === '||'
    const before = new Map(state.vars)
    printed.push(runNode(state, command, stdin))
    if (isOr && isEnding(command)) state.vars = before
    else isMerged = true
    if (isOr) mergeVars(state, before)
  }
  if (isMerged) mergeVars(state, afterFirst)
  return joined(printed)
}

/** Does nothing come after this in the same shell? */
function isEnding(node: SyntaxNode): boolean {
  if (node.type === 'CompoundList') return isEndingLast(node.commands)
  if (node.type === 'BraceGroup') return isEndingLast(node.body.commands)
  if (node.type === 'Statement') return isEnding(node.command)
  return node.type === 'Command' && /^(?:exit|return|break|continue)$/.test(node.name?.value ?? '')
}
const isEndingLast = (statements: readonly Statement[]): boolean => {
  const last = statements.at(-1)
  return last !== undefined && isEnding(last)
}

type Loop = {
  readonly name: Word
  readonly wordlist: readonly Word[] | undefined
  readonly body: CompoundList
}

function runLoop(state: State, loop: Loop, stdin: Value | null): Value {
  const values = loop.wordlist?.flatMap((word) => foldWord(state, word)) ?? state.positional?.slice(1)
  const distinct = new Map((values ?? [literal(UNKNOWN)]).map((value) => [value.text, value]))
  const last = [...distinct.values()].at(-1)
  const printed: Value[] = []
  const once = (value: Value): Value => {
    assign(state, loop.name.value, value)
    return maybe(state, loop.body, stdin)
  }
  for (const value of distinct.values()) {
    if (!spend(state)) break
    printed.push(value === last ? repeated(state, () => once(value)) : once(value))
  }
  return joined(printed)
}

/** How often at most: after so many, a variable that goes on changing has become one of which nothing is known. */
const MOST_ROUNDS = 4

/** What is done again and again is read until it changes no variable any more: `cd ..` in a loop leads anywhere above. */
function repeated(state: State, once: () => Value): Value {
  let before = seenIn(state)
  const printed = once()
  for (let round = 1; round < MOST_ROUNDS; round += 1) {
    const after = seenIn(state)
    if (after === before || !spend(state)) break
    before = after
    once()
  }
  return printed
}

const seenIn = ({ vars }: State): string =>
  [...vars]
    .map(([name, values]) => JSON.stringify([name, ...values.map(({ text }) => text).toSorted(inOrder)]))
    .toSorted(inOrder)
    .join()
const inOrder = (a: string, b: string): number => (a < b ? -1 : 1)

/** A function that starts itself twice at once never ends. */
function define(state: State, node: FunctionNode): void {
  const name = node.name.value
  state.functions.set(name, node.body)
  state.shared.uncalled.set(name, node.body)
  if (startsItselfTwice(node.body, name))
    sure(state, 'disk_wipe', name, 'a function that starts itself without end')
}

function startsItselfTwice(body: SyntaxNode, name: string): boolean {
  const calls = commandsOf(body, 0).filter((one) => one === name).length
  return calls > 1
}

function commandsOf(node: SyntaxNode, depth: number): readonly string[] {
  if (depth > MAX_BODY_DEPTH) return []
  if (node.type === 'Command') return [node.name?.value ?? '']
  return childrenOf(node).flatMap((child) => commandsOf(child, depth + 1))
}
const MAX_BODY_DEPTH = 6

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  if (node.type === 'BraceGroup' || node.type === 'Subshell') return node.body.commands
  if (node.type === 'CompoundList' || node.type === 'Pipeline' || node.type === 'AndOr') return node.commands
  return node.type === 'Statement' ? [node.command] : []
}
