/** Where something stands in a policy file; line and column count from 1, columns in UTF-16 units as editors count them. */
export type Place = { readonly file: string; readonly line: number; readonly column: number }

/** Why something is not taken, and where it stands. */
export type CedarFault = Place & { readonly reason: string }

/** The place of an offset in UTF-16 units. */
export function placeOf(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { file, line: before.split('\n').length, column: offset - start + 1 }
}

/** Cedar counts in bytes of UTF-8. */
export const offsetOfByte = (text: string, byte: number): number =>
  Buffer.from(text).subarray(0, byte).toString().length
