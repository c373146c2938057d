import type { Json, JsonObject } from '@writ/contracts'

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
