import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { consistencyHolds, proveConsistency } from './consistency.ts'
import { createFrontier } from './frontier.ts'
import { EMPTY_ROOT, leafHash } from './hashes.ts'
import { inclusionHolds, proveInclusion } from './inclusion.ts'

// The eight leaves of the tests of Certificate Transparency, and the root of each of their trees.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

type Vector = [
  name: string,
  index: number,
  size: number,
  leaf: string,
  root: string,
  proof: string[],
  holds: boolean,
]
const vectors: { inclusion: Vector[]; consistency: Vector[] } = JSON.parse(
  readFileSync(new URL('../../golden/rfc6962.json', import.meta.url), 'utf8'),
)

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')
const hashes = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex')))
const tiles = async () => Buffer.concat(hashes)

describe('the tree of RFC 6962', () => {
  it('has the published roots', () => {
    const tree = createFrontier()
    expect(Buffer.from(EMPTY_ROOT).toString('hex')).toBe(ROOTS[0])
    for (const [at, hash] of hashes.entries()) {
      tree.append(hash)
      expect(Buffer.from(tree.root()).toString('hex')).toBe(ROOTS[at + 1])
    }
  })

  it.each(vectors.inclusion)('takes or refuses the published proof %s as published', (...vector) => {
    const [, index, size, leaf, root, proof, holds] = vector
    const said = inclusionHolds({ index, hash: bytes(leaf) }, { size, root: bytes(root) }, proof.map(bytes))
    expect(said).toBe(holds)
  })

  it.each(vectors.consistency)('takes or refuses the published proof %s as published', (...vector) => {
    const [, size, later, root, laterRoot, proof, holds] = vector
    const said = consistencyHolds(
      { size, root: bytes(root) },
      { size: later, root: bytes(laterRoot) },
      proof.map(bytes),
    )
    // one of them has words for roots, which are no hashes here
    expect(said).toBe(holds && [root, laterRoot].every((text) => bytes(text).length === 32))
  })

  it('makes the published proofs', async () => {
    const held = vectors.inclusion.filter((vector) => vector[6])
    expect(held.length).toBeGreaterThan(3)
    for (const [, index, size, , , proof] of held)
      expect(await proveInclusion(tiles, index, size)).toEqual(proof.map(bytes))
    for (const [, size, later, , , proof] of vectors.consistency.filter((vector) => vector[6]))
      expect(await proveConsistency(tiles, size, later)).toEqual(proof.map(bytes))
  })
})
