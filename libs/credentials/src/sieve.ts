/** Says of bytes, in one pass and without a copy, whether a form may stand in them. False: none does. */
export type Sieve = (bytes: Uint8Array) => boolean

/** No more of a form than this is looked at. */
export const HEAD_BYTES = 32
/** A power of two; pairs of bytes that share a place only make for shorter steps. */
const PLACES = 4096
/** So often per byte of a text may it look as if a form stood there before it is taken for granted. */
const DOUBTS_PER_BYTE = 1 / 16
const FEW_DOUBTS = 16

/**
 * Wu and Manber's shifts: most bytes of a text are never looked at, because the pair of bytes at hand says how far away the end of the
 * nearest form must be at least. Letters are compared without case: what is found for that alone is looked at again by whoever asks.
 */
export function sieveOf(forms: readonly Uint8Array[]): Sieve {
  const size = Math.min(HEAD_BYTES, ...forms.map((form) => form.length))
  // Without a pair of bytes nothing can be ruled out.
  if (size < 2) return () => true
  const heads = forms.map((form) => form.subarray(0, size).map(folded))
  const shifts = shiftsOf(heads, size)
  return (bytes) => {
    let doubts = FEW_DOUBTS + bytes.length * DOUBTS_PER_BYTE
    for (let at = size - 1; at < bytes.length;) {
      const shift = shifts[placeOf(bytes[at - 1] ?? 0, bytes[at] ?? 0)] ?? 0
      if (shift === 0) {
        doubts -= 1
        if (doubts < 0 || heads.some((head) => endsAt(bytes, at, head))) return true
      }
      at += shift || 1
    }
    return false
  }
}

/** Per pair of bytes: how many more there are, in every form that has it, until its looked-at part ends. */
function shiftsOf(heads: readonly Uint8Array[], size: number): Uint8Array {
  const shifts = new Uint8Array(PLACES).fill(size - 1)
  for (const head of heads)
    for (let at = 1; at < size; at += 1) {
      const place = placeOf(head[at - 1] ?? 0, head[at] ?? 0)
      shifts[place] = Math.min(shifts[place] ?? 0, size - 1 - at)
    }
  return shifts
}

/** The same for letters of either case. */
const folded = (byte: number): number => byte | 0x20

const placeOf = (before: number, byte: number): number =>
  ((folded(before) * 61) ^ folded(byte)) & (PLACES - 1)

function endsAt(bytes: Uint8Array, at: number, head: Uint8Array): boolean {
  const start = at + 1 - head.length
  for (let step = head.length - 1; step >= 0; step -= 1)
    if (folded(bytes[start + step] ?? 0) !== head[step]) return false
  return true
}
