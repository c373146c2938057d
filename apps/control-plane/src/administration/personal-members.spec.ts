import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { assert, jsonValue, property } from 'fast-check'
import { humansIn, onHumans } from './personal-members.ts'

const [ANA, BO] = [`hum_${'1'.repeat(26)}`, `hum_${'2'.repeat(26)}`] as const
const sealed = (view: Json): Json => onHumans(view, (human, text) => `${human.slice(-1)}:${text.length}`)

describe('what a view says of a human', () => {
  it('is sealed to that human, every text of it, whatever a directory calls it', () => {
    const view = {
      id: ANA,
      name: { givenName: 'Ana', familyName: 'Doe' },
      emails: [{ value: 'ana@mail-host.example', type: 'work', primary: true }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { employeeNumber: 4711 },
      status: 'active',
      roles: ['auditor'],
      nickName: '',
    }
    expect(sealed(view)).toEqual({
      id: ANA,
      name: { givenName: '1:3', familyName: '1:3' },
      emails: [{ value: '1:21', type: 'work', primary: true }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { employeeNumber: '1:4' },
      status: 'active',
      roles: ['auditor'],
      nickName: '',
    })
  })

  it('is found wherever it stands, and nothing else is touched', () => {
    const view = {
      id: 'apr_1',
      name: 'an approval',
      human: { id: ANA, name: 'Ana' },
      by: [{ id: BO, name: 'Bo' }],
    }
    expect(humansIn(view)).toEqual([ANA, BO])
    expect(sealed(view)).toEqual({
      id: 'apr_1',
      name: 'an approval',
      human: { id: ANA, name: '1:3' },
      by: [{ id: BO, name: '2:2' }],
    })
  })

  it('is left out of lists of members: the ids say who it is', () => {
    expect(sealed({ displayName: 'Staff', members: [{ value: ANA, display: 'Ana', $ref: 'x' }] })).toEqual({
      displayName: 'Staff',
      members: [{ value: ANA }],
    })
  })

  it('is never in clear, whatever else stands beside it', () => {
    assert(
      property(jsonValue({ maxDepth: 4 }), (other) => {
        const beside: Json = JSON.parse(JSON.stringify(other))
        const text = JSON.stringify(sealed({ other: { id: ANA, personal: { beside, name: 'Ana Doe' } } }))
        expect(text).not.toContain('Ana Doe')
      }),
    )
  })
})
