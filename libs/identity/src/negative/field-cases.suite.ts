import type { NegativeCase, Wire } from './attack-kit.ts'
import { forge } from './attack-kit.ts'
import { numbered, refusedAs } from './rows.ts'

type Fields = Wire['headers']

/** Fields that a lenient reader would take for the right ones. */
export const fieldCases = (): readonly NegativeCase[] => [
  ...refusedAs(
    'credentials_missing',
    numbered('FC', [
      ['an empty Authorization field', { fields: authorized(() => '') }],
      ['credentials in Proxy-Authorization', { fields: renamed('Authorization', 'Proxy-Authorization') }],
      ['credentials in X-Authorization', { fields: renamed('Authorization', 'X-Authorization') }],
      [
        'a scheme that only begins like DPoP',
        { fields: authorized((value) => value.replace('DPoP', 'DPoPx')) },
      ],
      ['a colon after the scheme', { fields: authorized((value) => value.replace('DPoP ', 'DPoP:')) }],
      ['the bare token', { fields: authorized((value) => value.slice(5)) }],
    ]),
  ),
  ...refusedAs(
    'authorization_ambiguous',
    numbered('FA', [
      ['two equal Authorization fields in two spellings', { fields: twice('authorization') }],
      [
        'DPoP credentials, then Bearer ones',
        { fields: (fields) => [...fields, ['Authorization', 'Bearer x']] },
      ],
      [
        'Bearer credentials, then DPoP ones',
        { fields: (fields) => [['Authorization', 'Bearer x'], ...fields] },
      ],
      [
        'a second Authorization field that is empty',
        { fields: (fields) => [...fields, ['Authorization', '']] },
      ],
    ]),
  ),
  ...refusedAs(
    'token_invalid',
    numbered('FT', [
      ['two credentials in one field', { fields: authorized((value) => `${value}, ${value}`) }],
      ['a parameter after the token', { fields: authorized((value) => `${value}; realm=x`) }],
      ['a second token after the first', { fields: authorized((value) => `${value} x`) }],
      ['the token in quotes', { fields: authorized((value) => value.replace(/DPoP (.*)/, 'DPoP "$1"')) }],
      ['a tab after the scheme', { fields: authorized((value) => value.replace('DPoP ', 'DPoP\t')) }],
      ['a tab inside the token', { fields: authorized((value) => value.replace('.', '.\t')) }],
      ['a percent escape in the token', { fields: authorized((value) => value.replace('.', '%2E')) }],
      ['the token twice, joined by a dot', { fields: authorized((value) => `${value}.${value.slice(5)}`) }],
      [
        'the token under Bearer in capitals',
        { fields: authorized((value) => value.replace('DPoP', 'BEARER')) },
      ],
    ]),
  ),
  ...refusedAs(
    'proof_invalid',
    numbered('FP', [
      ['the same proof in two fields', { fields: twice('dpop') }],
      ['a second DPoP field that is empty', { fields: (fields) => [...fields, ['DPOP', '']] }],
      ['an empty DPoP field before the valid one', { fields: (fields) => [['Dpop', ''], ...fields] }],
      [
        'three DPoP fields in three spellings',
        { fields: (fields) => [...twice('dpop')(fields), ['DPOP', 'x']] },
      ],
      ['the proof under another name', { fields: renamed('DPoP', 'X-DPoP') }],
      ['the proof with an underscore in the name', { fields: renamed('DPoP', 'DPo_P') }],
      ['a comma after the proof', { proof: (proof) => `${proof},` }],
      ['the same proof twice in one field', { proof: (proof) => `${proof},${proof}` }],
      ['two proofs with a blank between', { proof: (proof, kit) => `${proof} ${another(kit)}` }],
      ['two proofs with a tab between', { proof: (proof, kit) => `${proof}\t${another(kit)}` }],
      ['a parameter after the proof', { proof: (proof) => `${proof};q=1` }],
      ['the scheme before the proof', { proof: (proof) => `DPoP ${proof}` }],
      ['the proof in quotes', { proof: (proof) => `"${proof}"` }],
      ['a dot before the proof', { proof: (proof) => `.${proof}` }],
      ['a dot after the proof', { proof: (proof) => `${proof}.` }],
      ['a tab inside the proof', { proof: (proof) => proof.replace('.', '.\t') }],
      ['a blank inside the claims', { proof: (proof) => proof.replace(/\.(.{8})/, '.$1 ') }],
      ['a percent escape for a dot', { proof: (proof) => proof.replace('.', '%2E') }],
      ['plus and slash for minus and underscore', { signature: plusSignature, proof: inStandardAlphabet }],
      ['padding inside the header', { proof: (proof) => proof.replace('.', '=.') }],
      ['two segments', { proof: (proof) => proof.slice(0, proof.lastIndexOf('.')) }],
      ['an empty first segment', { proof: (proof) => proof.slice(proof.indexOf('.')) }],
      ['an empty middle segment', { proof: (proof) => proof.replace(/\..*\./, '..') }],
      ['no signature', { proof: (proof) => proof.replace(/[^.]*$/, '') }],
      ['a byte beyond ASCII after the proof', { proof: (proof) => `${proof}\u00e9` }],
    ]),
  ),
]

const authorized =
  (change: (value: string) => string) =>
  (fields: Fields): Fields =>
    fields.map(([name, value]) => [name, name === 'Authorization' ? change(value) : value])

const renamed =
  (from: string, to: string) =>
  (fields: Fields): Fields =>
    fields.map(([name, value]) => [name === from ? to : name, value])

/** The field once more, under its name in lower case. */
const twice =
  (lower: string) =>
  (fields: Fields): Fields => [
    ...fields,
    ...fields
      .filter(([name]) => name.toLowerCase() === lower)
      .map(([, value]): readonly [string, string] => [lower, value]),
  ]

const another = (kit: Parameters<typeof forge>[0]): string => forge(kit, kit.newJti()).headers[1]?.[1] ?? ''

/** Bytes whose base64 has both characters that the two alphabets write differently. */
const plusSignature = (): Buffer => Buffer.alloc(64, Buffer.from('fbff', 'hex'))

const inStandardAlphabet = (proof: string): string => proof.replaceAll('-', '+').replaceAll('_', '/')
