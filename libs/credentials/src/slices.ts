/** Work that can be put aside wherever it yields, so that everything else gets its turn. */
export type Slices<Result> = Generator<undefined, Result>

/** So many bytes are looked at in one slice: a few milliseconds of the dearest look. */
const SLICE_BYTES = 32 * 1024
/** What is smaller is done with, however often it is looked at, before anybody could miss a turn. */
const SMALL_BYTES = 4 * 1024

export const endOfSlice = (bytes: Uint8Array, from: number): number =>
  Math.min(from + SLICE_BYTES, bytes.length)

export const isLarge = (bytes: Uint8Array): boolean => bytes.length > SMALL_BYTES
