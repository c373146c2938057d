import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { TrustedNode } from './trusted-nodes.ts'
import { readTrustedNodes, trustNodes } from './trusted-nodes.ts'

let folder = ''
let home = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-trusted-'))
  home = join(folder, 'home')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const nodeOf = (node: string, publicKey = 'a key'): TrustedNode => ({
  origin: 'https://writ.example.com',
  tenant: 'ten_1',
  node,
  publicKey,
})

describe('the node keys that were seen first', () => {
  it('are all kept when several verifications end at once', async () => {
    const nodes = Array.from({ length: 8 }, (_, at) => nodeOf(`nod_${at}`))
    await Promise.all(nodes.map((node) => trustNodes(home, [node])))
    const kept = (await readTrustedNodes(home)).map(({ node }) => node)
    expect(kept.toSorted()).toEqual(nodes.map(({ node }) => node))
    expect(readdirSync(home)).toEqual(['trusted-nodes.json'])
  })

  it('stay the first ones, of two that say different things at once too', async () => {
    await Promise.all(['one', 'another'].map((key) => trustNodes(home, [nodeOf('nod_1', key)])))
    const [first, ...more] = await readTrustedNodes(home)
    expect([['one', 'another'].includes(first?.publicKey ?? ''), more]).toEqual([true, []])
  })
})
