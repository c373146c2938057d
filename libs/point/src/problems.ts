import type { Log } from '@writ/runtime'

const AGAIN_MS = 60_000

export type ReportProblem = (problem: string, detail: unknown) => void

/** Says each kind of trouble once, and again every minute while it lasts: a control plane that is away is one line, not thousands. */
export function createProblemReport(log: Log, nowMs: () => number): ReportProblem {
  const saidAtMs = new Map<string, number>()
  return (problem, detail) => {
    const last = saidAtMs.get(problem)
    // A clock that was set back must not silence it for as long.
    if (last !== undefined && Math.abs(nowMs() - last) < AGAIN_MS) return
    saidAtMs.set(problem, nowMs())
    log.warn({ reason: reasonOf(detail) }, problem)
  }
}

/** Names and messages only: errors of network clients carry whole requests. For trouble outside of calls; a bug has `traceOf`. */
export function reasonOf(detail: unknown): unknown {
  if (!(detail instanceof Error)) return detail
  const { cause } = detail
  return cause instanceof Error ? `${wordsOf(detail)}: ${wordsOf(cause)}` : wordsOf(detail)
}

/** The messages of the language quote what it stumbled over: JSON, patterns, keys. */
const wordsOf = (error: Error): string => (LANGUAGE_ERROR.test(error.name) ? error.name : error.message)

const LANGUAGE_ERROR = /^(?:Syntax|Type|Range|Reference|URI|Eval)Error$/

/** What a log may say of a bug. */
export type Trace = {
  readonly name: string
  readonly code?: string
  /** `file:line:column`, innermost first */
  readonly frames: readonly string[]
  readonly cause?: Trace
}

/** Where a bug is, and none of what it says: its message may hold the very content or credential that set it off. */
export function traceOf(bug: unknown): Trace {
  return traceTo(bug, CAUSES)
}

const CAUSES = 3

function traceTo(bug: unknown, causesLeft: number): Trace {
  if (!(bug instanceof Error)) return { name: `thrown ${typeof bug}`, frames: [] }
  const code = codeOf(bug)
  return {
    name: bug.constructor.name,
    ...(code === null ? {} : { code }),
    frames: framesOf(bug),
    ...(bug.cause instanceof Error && causesLeft > 0 ? { cause: traceTo(bug.cause, causesLeft - 1) } : {}),
  }
}

const codeOf = (bug: Error): string | null =>
  'code' in bug && typeof bug.code === 'string' && /^[A-Z0-9_]{1,64}$/.test(bug.code) ? bug.code : null

/** The places at the end of the stack: what precedes them is the message, of one line or of many that look like places. */
function framesOf(bug: Error): readonly string[] {
  const said = new Set(bug.message.split('\n'))
  const lines = (bug.stack ?? '').split('\n').filter((line) => !said.has(line))
  const frames = lines.slice(lines.findLastIndex((line) => !line.startsWith('    at ')) + 1)
  return frames.slice(-Error.stackTraceLimit).flatMap(placeIn)
}

/** Without the names of functions, which may be computed. */
function placeIn(frame: string): readonly string[] {
  const place = frame.length > LONGEST_FRAME ? undefined : PLACE.exec(frame)?.[1]
  return place === undefined ? [] : [place]
}

const LONGEST_FRAME = 1000
const PLACE = /(?:\(|at (?:async )?)((?:file:\/\/|node:|\/|[A-Z]:\\)[^()]*:\d+:\d+)\)?$/
