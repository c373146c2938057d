import { isSealed } from '@writ/contracts'
import type { AuditRecord, Json, JsonObject } from '@writ/contracts'
import type { Delivered } from './delivered.ts'

/**
 * Where records of before (`writ.record.v1`) name persons in clear. In records of now what says something of a human is sealed to that
 * human, and a sealed form goes out as it is: without the human's key it says nothing.
 */
const PERSONAL: readonly string[] = [
  '/human/name',
  '/administration/by/name',
  '/administration/before',
  '/administration/after',
]

/**
 * The record as an outlet shows it, and the personal values in clear that were taken out of it. It is made of the stored bytes: members that
 * an earlier release did not write yet have their defaults in the record that was read, and with those its leaf hash would be another one.
 * @param bytes those that the record was read from
 */
export function withoutPersonal(
  record: Pick<AuditRecord, 'v'>,
  bytes: string,
): {
  readonly shown: JsonObject
  readonly taken: Readonly<Record<string, Json>>
} {
  const taken: Record<string, Json> = {}
  let shown: JsonObject = JSON.parse(bytes)
  for (const pointer of record.v === 'writ.record.v1' ? PERSONAL : []) {
    const value = valueAt(shown, pointer)
    if (value === undefined || value === null || isSealed(value)) continue
    taken[pointer] = value
    shown = without(shown, stepsOf(pointer))
  }
  return { shown, taken }
}

/** The name of the human who acted, as far as this outlet may know it. */
export function personNameOf({ shown, disclosed }: Pick<Delivered, 'shown' | 'disclosed'>): Json | undefined {
  const pointers = ['/human/name', '/administration/by/name']
  const told = pointers.map((pointer) => disclosed[pointer] ?? valueAt(shown, pointer))
  return told.find((name) => typeof name === 'string')
}

function valueAt(tree: Json, pointer: string): Json | undefined {
  let value: Json | undefined = tree
  for (const step of stepsOf(pointer)) value = isObject(value) ? value[step] : undefined
  return value
}

const stepsOf = (pointer: string): string[] => pointer.split('/').slice(1)

function without(tree: JsonObject, [first = '', ...rest]: readonly string[]): JsonObject {
  const { [first]: member, ...others } = tree
  return rest.length > 0 && isObject(member) ? { ...others, [first]: without(member, rest) } : others
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
