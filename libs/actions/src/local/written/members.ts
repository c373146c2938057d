/** A JSON object of which nothing is known yet. */
export type Members = Readonly<Record<string, unknown>>

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object that a text is; null where it is none. */
export function membersIn(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text)
    return isMembers(value) ? value : null
  } catch {
    return null
  }
}

export const textsOf = (value: unknown): readonly (readonly [string, string])[] =>
  isMembers(value)
    ? Object.entries(value).flatMap(([name, one]) => (typeof one === 'string' ? [[name, one] as const] : []))
    : []
