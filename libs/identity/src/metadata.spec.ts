import { describe, expect, it } from '@jest/globals'
import { generateKeyPem } from './keys.ts'
import { authorityMetadata, publicKeySet, resourceMetadata } from './metadata.ts'

describe('metadata', () => {
  it('of a resource says that tokens are bound and who issues them', () => {
    const resource = 'https://gw.example/acme/github/mcp'
    expect(
      resourceMetadata({ resource, authorizationServers: ['https://id.example'], scopes: ['mcp'] }),
    ).toEqual({
      resource,
      authorization_servers: ['https://id.example'],
      scopes_supported: ['mcp'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256'],
      dpop_bound_access_tokens_required: true,
    })
  })

  it('of a resource leaves out who issues its tokens where nobody is known to', () => {
    const told = resourceMetadata({ resource: 'https://gw.example', authorizationServers: [], scopes: [] })
    expect(told).not.toHaveProperty('authorization_servers')
  })

  it('of an authority has every member that RFC 8414 requires', () => {
    const issuer = 'https://id.example/t/acme/oauth'
    const metadata = authorityMetadata({ issuer, scopes: ['mcp'] })
    expect(metadata).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    })
    expect(metadata.token_endpoint_auth_methods_supported).toEqual(['private_key_jwt'])
  })

  it('of keys holds their public members only', () => {
    const { publicJwk, privateKey } = generateKeyPem()
    const withSecret = { ...publicJwk, d: privateKey.export({ format: 'jwk' }).d }
    expect(publicKeySet([{ kid: 'k', key: withSecret }])).toEqual({
      keys: [{ ...publicJwk, kid: 'k', use: 'sig', alg: 'ES256' }],
    })
  })
})
