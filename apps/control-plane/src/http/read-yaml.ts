import { isProblems, readSource } from '@writ/policy/authoring'
import { z } from 'zod'
import { badRequest } from './problem.ts'
import { readJson, UnreadableJson } from './read-json.ts'

/**
 * Reads a YAML body (1.2, core schema) as strictly as a JSON one: what no JSON could say is not read.
 * @throws ProblemError 400 with line and column, or UnreadableJson
 */
export function readYaml(bytes: Uint8Array): unknown {
  const read = readSource(textOf(bytes), 'yaml', z.unknown())
  if (isProblems(read)) throw badRequest('the body is not valid YAML', [...read])
  return readJson(Buffer.from(asJson(read.value)))
}

const MOST_BYTES = 1024 * 1024

// Aliases make a tree out of a graph: it may be larger than its text, or have no end.
function asJson(value: unknown): string {
  const text = stringified(value)
  if (text.length > MOST_BYTES) throw new UnreadableJson('the body is too large without its aliases')
  return text
}

function stringified(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    throw new UnreadableJson('the body refers to itself')
  }
}

/** @throws UnreadableJson */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new UnreadableJson('the body is not valid UTF-8')
  }
}
