import type { Json, JsonObject } from '@writ/contracts'
import { gather, parsePath, walk } from '../path.ts'
import type { ParsedPath } from '../path.ts'
import { RuleFault } from '../rule-fault.ts'

/** The value of an argument by its path, as conditions read it; see `path.ts`. */
export function readArgument(args: JsonObject, path: string): Json | undefined | RuleFault {
  const place = parsed(path)
  if (place instanceof RuleFault) return place
  if (place.hasEvery) return gather(args, place.steps)
  return walk(
    args,
    place.steps.filter((step) => typeof step === 'string'),
  )
}

const places = new Map<string, ParsedPath | RuleFault>()
const MAX_PLACES = 1_000

function parsed(path: string): ParsedPath | RuleFault {
  const known = places.get(path)
  if (known !== undefined) return known
  const place = parsePath(path)
  if (places.size >= MAX_PLACES) places.clear()
  places.set(path, place)
  return place
}
