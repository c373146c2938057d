import { createHmac } from 'node:crypto'

/** Draws a whole number from 0 up to but not including `below`, which is at most 65,536. */
export type Draw = (below: number) => number

/** Numbers that follow from the key and the seed alone: HMAC-SHA-256 in counter mode, so they say nothing about the seed. */
export function drawFrom(key: Uint8Array, seed: string): Draw {
  let block = Buffer.alloc(0)
  let counter = 0
  let at = 0
  return (below) => {
    if (at + DRAW_BYTES > block.length) {
      block = createHmac('sha256', key).update(`${counter}\0`).update(seed, 'utf16le').digest()
      counter += 1
      at = 0
    }
    const number = block.readUInt32BE(at) % below
    at += DRAW_BYTES
    return number
  }
}

const DRAW_BYTES = 4
