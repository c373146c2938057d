import { describe, expect, it } from '@jest/globals'
import { audienceOf } from './audience.ts'

const GATEWAYS = ['https://eu.gateway.example/acme', 'https://us.gateway.example/acme']

describe('the audience of a token', () => {
  it('is every gateway of the tenant when nothing is named, and else what is named, once', () => {
    expect(audienceOf([], GATEWAYS)).toEqual(GATEWAYS)
    const named = ['https://eu.gateway.example/acme/mcp', 'https://eu.gateway.example/acme/files/mcp']
    expect(audienceOf([...named, ...named], GATEWAYS)).toEqual(named)
  })

  it.each([
    'https://eu.gateway.example/other/mcp',
    'https://eu.gateway.example/acme//mcp',
    'https://eu.gateway.example/acmemcp',
    'https://eu.gateway.example/acme/mcp/',
    'https://eu.gateway.example/acme/mcp/mcp/mcp',
    'https://eu.gateway.example/acme/Files/mcp',
    'https://evil.example/acme/mcp',
  ])('is never %s', (resource) => {
    expect(() => audienceOf([resource], GATEWAYS)).toThrow('invalid_target')
  })
})
