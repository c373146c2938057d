import type { z } from 'zod'

/** The environment of a process, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A start that must not happen. The message has one line per bad variable: its name and why, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/**
 * Reads a schema of environment variables once, at the start of a process.
 * An empty variable counts as absent, as `NAME=` in a compose file does. Variables that the schema does not name are ignored.
 * @returns a deeply frozen value
 * @throws ConfigError naming every variable that is missing or malformed
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Environment,
): Readonly<z.output<Schema>> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const read = schema.safeParse(present)
  if (!read.success) throw new ConfigError(describeProblems(read.error.issues, present))
  return deepFreeze(read.data)
}

function describeProblems(issues: readonly z.core.$ZodIssue[], present: Environment): string[] {
  const reasons = new Map<string, string[]>()
  for (const issue of issues) {
    const variable = String(issue.path[0] ?? 'environment')
    reasons.set(variable, [...(reasons.get(variable) ?? []), reasonOf(issue, variable, present)])
  }
  return [...reasons].map(([variable, why]) => `${variable}: ${[...new Set(why)].join('; ')}`)
}

function reasonOf(issue: z.core.$ZodIssue, variable: string, present: Environment): string {
  const value = present[variable]
  if (value === undefined && issue.code !== 'custom') return 'is missing'
  // zod's own texts never quote the input; a schema's own text might, and the input may be a secret.
  if (issue.code === 'custom' && value !== undefined && issue.message.includes(value)) return 'is not valid'
  return issue.message.replaceAll(/\s*\n\s*/g, ' ')
}

function deepFreeze<Value>(value: Value): Value {
  if (!isPlain(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
