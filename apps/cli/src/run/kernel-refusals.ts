import type { Readable } from 'node:stream'
import type { Mount, Outside, Processor, RefusedThing } from '@writ/sandbox'
import { createRefusedCollection, isKept, machineOutside, refusedOf } from '@writ/sandbox'
import type { KernelRefusal } from '../daemon/index.ts'
import { actionOf, whyOf } from './refused-action.ts'
import type { RefusedLine } from './receipt.ts'

/** What the kernel refused in one run: heard from the bridge, recorded by the daemon, told in the receipt. */
export type KernelRefusals = {
  /** lines of the bridge; ends with the sandbox */
  readonly hear: (lines: Readable) => void
  /** records what is left. @returns all of it */
  readonly end: () => Promise<readonly RefusedLine[]>
}

export type RefusalsWanted = {
  readonly processor: Processor
  readonly mounts: readonly Mount[]
  /** waits for the daemon. @returns the decision that it is recorded as */
  readonly record: (refusal: KernelRefusal) => Promise<string>
  readonly outside?: Outside
}

/** How long something may be tried again until its first record is written, in milliseconds. */
const GATHERED_MS = 1000

export function kernelRefusals({
  processor,
  mounts,
  record,
  outside = machineOutside,
}: RefusalsWanted): KernelRefusals {
  const things = createRefusedCollection(mounts)
  const told = new Map<string, RefusedLine>()
  const heard: Promise<void>[] = []
  let writing = Promise.resolve()
  // One after the other. A thing that is tried again later has a second record, at the end, with how often.
  const write = (wanted: 'new' | 'all'): Promise<void> => {
    writing = writeAfter(writing, () => things.take(wanted))
    return writing
  }
  const writeAfter = async (before: Promise<void>, take: () => readonly RefusedThing[]): Promise<void> => {
    await before
    for (const thing of take()) keep(thing, await recorded(thing, record), told)
  }
  const timer = setInterval(() => void write('new'), GATHERED_MS).unref()
  return {
    hear(lines) {
      const ended = eachLine(lines, (line) => {
        const refused = refusedOf(line, processor)
        if (refused !== null && isKept(refused, outside)) things.add(refused)
      })
      heard.push(ended)
    },
    async end() {
      await Promise.all(heard)
      clearInterval(timer)
      await write('all')
      return [...told.values()]
    },
  }
}

/** Longer than any line of the bridge's. */
const LONGEST_LINE = 4096

function eachLine(stream: Readable, hear: (line: string) => void): Promise<void> {
  let begun = ''
  stream.on('data', (bytes: Buffer) => {
    const lines = (begun + bytes.toString('latin1')).split('\n')
    begun = lines.pop()?.slice(-LONGEST_LINE) ?? ''
    for (const line of lines) hear(line)
  })
  return new Promise((resolve) => {
    stream.on('error', () => resolve()).once('close', () => resolve())
  })
}

// Where it cannot be recorded it is in the receipt all the same, without a decision.
const recorded = (thing: RefusedThing, record: RefusalsWanted['record']): Promise<string> =>
  record({ action: actionOf(thing), call: thing.call, reason: whyOf(thing), times: thing.times }).catch(
    () => '',
  )

function keep(thing: RefusedThing, decisionId: string, told: Map<string, RefusedLine>): void {
  const what = whatOf(thing)
  const before = told.get(what)
  told.set(what, {
    what,
    reason: whyOf(thing),
    times: thing.times + (before?.times ?? 0),
    decisionId: before?.decisionId ?? decisionId,
  })
}

const whatOf = ({ what, call, about, more }: RefusedThing): string =>
  [
    /^(?:read|write|make|delete)/.exec(what)?.[0].replace('make', 'write') ?? call,
    about,
    more ? '(and others there)' : '',
  ]
    .filter(Boolean)
    .join(' ')
