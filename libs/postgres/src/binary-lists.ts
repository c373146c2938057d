/**
 * Lists as Postgres reads them in its binary form (array_recv). What the driver writes of a list is text, each byte of it two digits and
 * each member quoted: writing and reading that costs both sides more than keeping what it says. A parameter that is a Buffer is sent as
 * it is; the statement casts it to its type.
 */

/** Parameter of type bytea[]. @param texts kept as UTF-8 */
export const bytesList = (texts: readonly string[]): Buffer => listOfTexts(BYTEA, texts)

/** Parameter of type text[]. */
export const textList = (texts: readonly (string | null)[]): Buffer => listOfTexts(TEXT, texts)

/** Parameter of type integer[]. @param numbers signed, of 32 bits */
export function integerList(numbers: readonly (number | null)[]): Buffer {
  const list = begin(INTEGER, numbers, 4 * numbers.length)
  let at = HEADER_BYTES
  for (const number of numbers) {
    at = list.writeInt32BE(number === null ? ABSENT : 4, at)
    if (number !== null) at = list.writeInt32BE(number, at)
  }
  return cut(list, at)
}

/** Parameter of type float8[]. */
export function floatList(numbers: readonly number[]): Buffer {
  const list = begin(FLOAT, numbers, 8 * numbers.length)
  let at = HEADER_BYTES
  for (const number of numbers) at = list.writeDoubleBE(number, list.writeInt32BE(8, at))
  return cut(list, at)
}

// Types by the numbers that Postgres has given them for good (pg_type.dat).
const BYTEA = 17
const INTEGER = 23
const TEXT = 25
const FLOAT = 701

/** Of a list without members; one with members adds its length and its first index. */
const EMPTY_BYTES = 12
const HEADER_BYTES = 20
/** stands for the length of what is null */
const ABSENT = -1

function listOfTexts(type: number, texts: readonly (string | null)[]): Buffer {
  let sizeBytes = 0
  for (const text of texts) sizeBytes += text === null ? 0 : Buffer.byteLength(text)
  const list = begin(type, texts, sizeBytes)
  let at = HEADER_BYTES
  for (const text of texts) {
    const length = text === null ? ABSENT : list.write(text, at + 4)
    at = list.writeInt32BE(length, at) + Math.max(length, 0)
  }
  return cut(list, at)
}

/** @param sizeBytes of the members, without the length that stands before each */
function begin(type: number, members: readonly unknown[], sizeBytes: number): Buffer {
  const list = Buffer.allocUnsafe(HEADER_BYTES + 4 * members.length + sizeBytes)
  const header = [members.length === 0 ? 0 : 1, members.includes(null) ? 1 : 0, type, members.length, 1]
  for (const [place, number] of header.entries()) list.writeInt32BE(number, 4 * place)
  return list
}

const cut = (list: Buffer, endsAt: number): Buffer =>
  list.subarray(0, endsAt === HEADER_BYTES ? EMPTY_BYTES : endsAt)
