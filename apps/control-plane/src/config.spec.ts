import { describe, expect, it } from '@jest/globals'
import { ConfigError, loadConfig } from '@writ/runtime'
import { ConfigSchema } from './config.ts'

const RIGHT = {
  DATABASE_URL: 'postgres://writ_app:x@127.0.0.1/writ',
  WRIT_MASTER_KEY: 'A'.repeat(43),
  WRIT_JOIN_SECRET: 'j'.repeat(32),
  WRIT_OPERATOR_KEY: 'o'.repeat(32),
}

describe('the configuration', () => {
  it('needs four variables and has safe defaults for the rest', () => {
    expect(loadConfig(ConfigSchema, RIGHT)).toMatchObject({
      WRIT_CONTROL_PLANE_HOST: '127.0.0.1',
      WRIT_TRUSTED_PROXIES: [],
      WRIT_CONTROL_PLANE_PORT: 7400,
      WRIT_GATEWAY_ORIGINS: ['http://127.0.0.1:7410'],
      WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP: 'no',
      WRIT_ALLOW_IDENTITY_PROVIDERS_ON_PRIVATE_NETWORKS: 'no',
      WRIT_DOMAIN_PROOF_RESOLVERS: [],
    })
  })

  it('takes resolvers with a port and without', () => {
    const list = '192.0.2.1, 192.0.2.1:5353,2001:db8::1,[2001:db8::1]:53'
    expect(loadConfig(ConfigSchema, { ...RIGHT, WRIT_DOMAIN_PROOF_RESOLVERS: list })).toMatchObject({
      WRIT_DOMAIN_PROOF_RESOLVERS: ['192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]:53'],
    })
  })

  it.each([
    ['DATABASE_URL', 'mysql://x'],
    ['REDIS_URL', 'http://x'],
    ['WRIT_CLICKHOUSE_URL', 'http://writ:secret@host/a/b'],
    ['WRIT_MASTER_KEY', 'short'],
    ['WRIT_JOIN_SECRET', 'short'],
    ['WRIT_OPERATOR_KEY', 'short'],
    ['WRIT_CONTROL_PLANE_PORT', '70000'],
    ['WRIT_TRUSTED_PROXIES', '10.0.0.0/40'],
    ['WRIT_PUBLIC_ORIGIN', 'http://host/path'],
    ['WRIT_PUBLIC_ORIGIN', 'http://host/'],
    ['WRIT_GATEWAY_ORIGINS', 'http://a,ftp://b'],
    ['WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP', 'true'],
    ['WRIT_DOMAIN_PROOF_RESOLVERS', 'dns.example'],
    ['WRIT_DOMAIN_PROOF_RESOLVERS', '192.0.2.1:53x'],
  ])('stops the start over a wrong %s, and names it without its value', (variable, value) => {
    const load = () => loadConfig(ConfigSchema, { ...RIGHT, [variable]: value })
    expect(load).toThrow(ConfigError)
    expect(load).toThrow(variable)
    expect(load).not.toThrow(value)
  })
})
