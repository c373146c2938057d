import type { Json, JsonObject } from '@writ/contracts'
import { z } from 'zod'
import type { Envelope } from '../dialect.ts'

/** Longest name of a conversation; a longer one is refused, for two of them must not become one. */
const MOST_NAME = 128

export const id = z.string().min(1).max(MOST_NAME)
export const text = z.string()
export const json = z.custom<Json>((value) => value !== undefined)
export const flag = z.boolean()

/** The payloads of one client; members that we do not name are let be. */
export function envelopeOf<Shape extends z.ZodRawShape>(
  shape: Shape,
  say: (payload: z.infer<z.ZodObject<Shape>>, whole: JsonObject) => Partial<Envelope> & { name: string },
): (payload: JsonObject) => Envelope | null {
  const schema = z.object(shape)
  return (payload) => {
    const read = schema.safeParse(payload)
    return read.success ? { ...EMPTY, ...say(read.data, payload) } : null
  }
}

const EMPTY = {
  conversation: null,
  cwd: null,
  workspaces: [],
  toolUse: null,
  tool: null,
  server: null,
  serverTool: null,
  subagent: null,
  headless: false,
  input: {},
  prompt: null,
  result: null,
} as const

/** opencode calls this the worktree of a folder that has none; as a workspace, everything would lie in it. */
export const isRoot = (path: string): boolean => /^(?:[A-Za-z]:)?[\\/]*$/.test(path)

/** What stands there, or null. */
export const orNull = <Value>(value: Value | null | undefined): Value | null => value ?? null

/** The members of a payload that are not the client's own, where an event lays its input out flat. */
export function without(payload: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !names.includes(name)))
}

/** The first that stands there and is not empty, or null. */
export const firstOf = <Value>(...values: readonly (Value | null | undefined)[]): Value | null =>
  values.find((value) => value !== null && value !== undefined && value !== '') ?? null
