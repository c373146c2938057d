import { describe, expect, it } from '@jest/globals'
import { assert, json, property } from 'fast-check'
import { literalTree } from './literal-tree.ts'

const treeOf = (text: string) => literalTree(new TextEncoder().encode(text))

describe('literalTree', () => {
  it.each([
    ['{"a":9007199254740993}', { a: 'n9007199254740993' }],
    ['[1,1.0,1e2,-0.5E+3]', ['n1', 'n1.0', 'n1e2', 'n-0.5E+3']],
    ['{"n1":"n1","s":"1"}', { n1: 'sn1', s: 's1' }],
    ['{ "a" \n : true , "b":[null,false] }', { a: true, b: [null, false] }],
    [String.raw`{"a\"1":"x\\","b":"\"2\""}`, { 'a"1': 'sx\\', b: 's"2"' }],
    [String.raw`["A-1","\\\"9"]`, ['sA-1', String.raw`s\"9`]],
    ['"1"', 's1'],
    ['{}', {}],
  ])('reads %s', (text, tree) => expect(treeOf(text)).toEqual(tree))

  it('tells apart what parses alike', () => {
    expect(treeOf('[9007199254740993]')).not.toEqual(treeOf('[9007199254740992]'))
    expect(treeOf('["n1"]')).not.toEqual(treeOf('[1]'))
  })

  it('keeps everything but the form of texts and numbers, whatever the message', () => {
    assert(
      property(json(), (text) => {
        expect(JSON.stringify(plain(treeOf(text)))).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
  })
})

/** Back again, as far as numbers are exact. */
function plain(tree: unknown): unknown {
  if (typeof tree === 'string') return tree.startsWith('n') ? Number(tree.slice(1)) : tree.slice(1)
  if (Array.isArray(tree)) return tree.map(plain)
  if (typeof tree !== 'object' || tree === null) return tree
  return Object.fromEntries(Object.entries(tree).map(([name, member]) => [name, plain(member)]))
}
