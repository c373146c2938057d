/** Code units that are read at once. */
export const MOST_UNITS = 4096

/** The code units of a short stretch, in a row that is written over by the next call: reading them there costs half of `charCodeAt`. */
export function unitsOf(text: string, from: number, to: number): Uint16Array {
  if (to - from < WORTH_A_CALL || !IS_LITTLE_ENDIAN) {
    for (let at = from; at < to; at += 1) UNITS[at - from] = text.charCodeAt(at)
  } else BYTES.write(text.slice(from, to), 'utf16le')
  return UNITS
}

const UNITS = new Uint16Array(MOST_UNITS)
const BYTES = Buffer.from(UNITS.buffer)
const WORTH_A_CALL = 128
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
