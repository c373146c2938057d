/** A resource of SCIM as plain JSON. */
export type ScimResource = Readonly<Record<string, unknown>>
export type Verb = 'add' | 'remove' | 'replace'
export type Operation = { readonly op: Verb; readonly path?: string; readonly value?: unknown }

export const isResource = (value: unknown): value is ScimResource =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
