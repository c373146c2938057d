import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096

/** Random bytes for ids, drawn many at a time: the system call costs more than the bytes. None is handed out twice. */
export function createRandomPool(): (count: number) => Uint8Array {
  let pool = new Uint8Array(0)
  let taken = 0
  return (count) => {
    if (taken + count > pool.length) {
      pool = randomFillSync(new Uint8Array(Math.max(POOL_BYTES, count)))
      taken = 0
    }
    taken += count
    return pool.subarray(taken - count, taken)
  }
}
