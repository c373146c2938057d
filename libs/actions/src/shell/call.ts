import { LOCAL, NOTHING, unknownFrom, type Value } from './text.ts'
import type { State } from './state.ts'

/** One program with its arguments, as it would be started. */
export type Call = {
  readonly state: State
  /** the last part of the program's path, lower case */
  readonly name: string
  readonly args: readonly Value[]
  /** null where nothing is piped or redirected in */
  readonly stdin: Value | null
}

/** Says the facts of a call and returns what it prints; undefined where that is not known. */
export type Program = (call: Call) => Value | undefined

export type Flags = {
  readonly given: ReadonlyMap<string, readonly Value[]>
  readonly operands: readonly Value[]
}

/**
 * Options and operands. `valued` names the options that take a value, as they are written (`-o --output`). Options may follow operands, as GNU
 * programs let them, unless `stopsAtOperand`: then the rest belongs to another program.
 */
export function readFlags(args: readonly Value[], valued = '', stopsAtOperand = false): Flags {
  const takes = new Set(valued.split(' '))
  const given = new Map<string, Value[]>()
  const operands: Value[] = []
  const keep = (name: string, value: Value): void => void given.set(name, [...(given.get(name) ?? []), value])
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? NOTHING
    if (arg.text === '--') return { given, operands: [...operands, ...args.slice(at + 1)] }
    if (!/^-./.test(arg.text)) {
      if (stopsAtOperand) return { given, operands: args.slice(at) }
      operands.push(arg)
    } else {
      const next = args[at + 1] ?? { text: '', from: 0 }
      if (readOption({ arg, next, takes, keep })) at += 1
    }
  }
  return { given, operands }
}

type Option = {
  readonly arg: Value
  readonly next: Value
  readonly takes: ReadonlySet<string>
  readonly keep: (name: string, value: Value) => void
}

/** True when the option took the argument that follows it. */
function readOption({ arg, next, takes, keep }: Option): boolean {
  const equals = arg.text.indexOf('=')
  if (arg.text.startsWith('--') && equals > 0) {
    const [name, value] = [arg.text.slice(0, equals), { ...arg, text: arg.text.slice(equals + 1) }]
    for (const one of [name, ...lengthened(name, takes)]) keep(one, value)
    return false
  }
  if (arg.text.startsWith('--') || takes.has(arg.text)) {
    // Whether it is shortened, and takes what follows, is not certain: what follows is read both ways.
    for (const one of lengthened(arg.text, takes)) keep(one, next)
    keep(arg.text, takes.has(arg.text) ? next : arg)
    return takes.has(arg.text)
  }
  keep(arg.text, arg)
  return readCluster({ arg, next, takes, keep })
}

/** The options with a value that a long option may be short for. */
const lengthened = (name: string, takes: ReadonlySet<string>): readonly string[] =>
  takes.has(name) ? [] : [...takes].filter((one) => isShortened(name, one))

/** `-rfo out`: letters up to one that takes a value. */
function readCluster({ arg, next, takes, keep }: Option): boolean {
  for (let at = 1; at < arg.text.length; at += 1) {
    const name = `-${arg.text[at]}`
    if (!takes.has(name)) {
      keep(name, arg)
      continue
    }
    const glued = arg.text.slice(at + 1)
    keep(name, glued === '' ? next : { ...arg, text: glued.replace(/^=/, '') })
    return glued === ''
  }
  return false
}

/** Was one of these given? A long option may be shortened, as getopt lets it. */
export const has = (flags: Flags, ...names: readonly string[]): boolean =>
  names.some(
    (name) =>
      flags.given.has(name) ||
      (name.startsWith('--') && [...flags.given.keys()].some((one) => isShortened(one, name))),
  )

const isShortened = (given: string, name: string): boolean =>
  given.length >= MIN_SHORTENED && given.startsWith('--') && name.startsWith(given)
const MIN_SHORTENED = 5

export const valuesOf = (flags: Flags, ...names: readonly string[]): readonly Value[] =>
  names.flatMap((name) => flags.given.get(name) ?? [])

/** As `valuesOf`, also where a long option is shortened, and wherever it stands. */
export function valuesUnder(args: readonly Value[], names: readonly string[]): readonly Value[] {
  return args.flatMap((arg, at) => {
    const [, option = '', value] = /^(--?[\w-]+)(?:=([\s\S]*))?$/.exec(arg.text) ?? []
    const isNamed = names.some(
      (name) => name === option || (name.startsWith('--') && isShortened(option, name)),
    )
    if (isNamed) return [value === undefined ? (args[at + 1] ?? NOTHING) : { ...arg, text: value }]
    const glued = names.find((name) => /^-\w$/.test(name) && arg.text.startsWith(name))
    return glued === undefined ? [] : [{ ...arg, text: arg.text.slice(glued.length) }]
  })
}

export const textsOf = (values: readonly Value[]): readonly string[] => values.map(({ text }) => text)
export const lineOf = (values: readonly Value[]): string => textsOf(values).join(' ')

/** What a program prints of which nothing is known but where its words come from. */
export const printedFrom = (...values: readonly (Value | null | undefined)[]): Value =>
  unknownFrom(values.reduce((from, value) => from | (value?.from ?? 0), LOCAL))
