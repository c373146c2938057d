import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { inspectNow } from './inspect.ts'

const foundIn = (text: string, signal: string): string[] =>
  inspectNow({ text })
    .sightings.filter((sighting) => sighting.signal === signal)
    .map(({ start, end }) => text.slice(start, end))

const members: readonly (readonly [name: string, value: string, signal: string])[] = [
  ['ssn', '536904399', 'pii.ssn'],
  ['date_of_birth', '12 V 1984', 'pii.birthdate'],
  ['patientNhsNumber', '9434765919', 'pii.uk.nhs'],
  ['password', 'correct horse battery', 'secret.generic'],
  ['clientSecret', 'q8Zt3LmW5xYb7Nc2', 'secret.generic'],
]

describe('JSON inside of a text', () => {
  it.each(members)('the name %s says what %s is', (name, value, signal) => {
    const json = JSON.stringify({ id: 7, [name]: value, note: 'none' })
    for (const text of [
      json,
      JSON.stringify(JSON.parse(json), null, 2),
      JSON.stringify({ body: json }),
      JSON.stringify({ a: JSON.stringify({ b: json }) }),
      `The answer was ${json}, as it should be.`,
    ])
      expect(foundIn(text, signal)).toEqual([value])
  })

  it('a number and the items of a list go by the name, too', () => {
    expect(foundIn('{"ssn": 536904399}', 'pii.ssn')).toEqual(['536904399'])
    expect(foundIn('{"ssn":["536904399", "219099998"],"id":1}', 'pii.ssn')).toEqual([
      '536904399',
      '219099998',
    ])
  })

  it('escapes are read, and the span covers them', () => {
    const text = String.raw`{"p\u0061ssword":"correct \"horse\" b\u0061ttery"}`
    expect(foundIn(text, 'secret.generic')).toContain(String.raw`correct \"horse\" b\u0061ttery`)
  })

  it.each([
    'the name "password": "correct horse battery" in a sentence',
    '{"password":"none"}',
    '{"password":null,"note":"correct horse battery"}',
    String.raw`{"a":"\"password\":\"correct horse battery\""}`,
    String.raw`{"a":"{\"password\":"correct horse battery\""}`,
    '{"password":true}',
    '{"x":"password","y":"correct horse battery"}',
  ])('%s says nothing', (text) => {
    expect(inspectNow({ text }).sightings.filter(({ signal }) => signal.startsWith('secret.'))).toEqual([])
  })

  it('the same is found as in the tree that the text says', () => {
    const plain = fc.string({ unit: fc.constantFrom(...Array.from('abc 123-._ éß\n"\\')), maxLength: 20 })
    const value = fc.oneof(plain, fc.constantFrom(...members.map(([, one]) => one)))
    const name = fc.constantFrom('id', 'note', ...members.map(([one]) => one))
    const signals = members.map(([, , signal]) => signal)
    fc.assert(
      fc.property(fc.dictionary(name, value), (tree) => {
        const inTree = inspectNow(tree)
        const inText = inspectNow({ text: JSON.stringify(tree) })
        for (const signal of signals) {
          const count = ({ sightings }: typeof inTree) =>
            sightings.filter((one) => one.signal === signal).length
          expect(count(inText)).toBeGreaterThanOrEqual(count(inTree))
        }
      }),
    )
  })
})
