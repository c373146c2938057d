import { generateKeyPairSync, randomFillSync } from 'node:crypto'
import type { SealingKey } from '@writ/audit'
import { sealingKey, sealTo } from '@writ/audit'
import type { Sealed, SubjectKey } from '@writ/contracts'

const SALT_BYTES = 32
const NONCE_BYTES = 12
const TAKEN_BYTES = SALT_BYTES + NONCE_BYTES
const POOL_BYTES = 256 * TAKEN_BYTES
/** A key seals so many values, and then another one does: random nonces stay rare under one key (NIST SP 800-38D §8.3). */
const MOST_SEALED = 2 ** 24
const MOST_KEYS = 10_000

type Kept = { readonly key: SealingKey; sealed: number }

/** Seals what a human said to that human, under keys of this start that are in memory only: agreeing on one costs as much as ten seals. */
export class Excerpts {
  readonly #keys = new Map<string, Kept>()
  #pool = Buffer.alloc(0)
  #taken = 0

  seal(subject: SubjectKey, text: string): Sealed {
    const kept = this.#keyOf(subject)
    kept.sealed += 1
    const random = this.#random()
    return sealTo(kept.key, text, {
      salt: random.subarray(0, SALT_BYTES),
      nonce: random.subarray(SALT_BYTES),
    })
  }

  #keyOf(subject: SubjectKey): Kept {
    const known = this.#keys.get(subject.publicKey)
    if (known && known.sealed < MOST_SEALED) return known
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear()
    const fresh = { key: sealingKey(subject, generateKeyPairSync('x25519').privateKey), sealed: 0 }
    this.#keys.set(subject.publicKey, fresh)
    return fresh
  }

  /** Drawn many at a time; none is handed out twice. */
  #random(): Buffer {
    if (this.#taken + TAKEN_BYTES > this.#pool.length) {
      this.#pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES))
      this.#taken = 0
    }
    this.#taken += TAKEN_BYTES
    return this.#pool.subarray(this.#taken - TAKEN_BYTES, this.#taken)
  }
}
