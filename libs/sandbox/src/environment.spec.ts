import { describe, expect, it } from '@jest/globals'
import type { EnvironmentAsk } from './environment.ts'
import { environmentInside } from './environment.ts'
import { CLIENT_PROFILES } from './profiles.ts'

const ask = (more: Partial<EnvironmentAsk> = {}): EnvironmentAsk => ({
  profile: CLIENT_PROFILES['claude-code'],
  passed: [],
  proxyPort: 3128,
  certificates: null,
  placeholders: {},
  ...more,
})

describe('the environment inside', () => {
  it('is what programs and the client need', () => {
    const inside = environmentInside(
      {
        PATH: '/bin',
        LC_ALL: 'C',
        ANTHROPIC_BASE_URL: 'http://m',
        AWS_SECRET_ACCESS_KEY: 'x',
        GITHUB_TOKEN: 'y',
      },
      ask(),
    )
    expect(inside).toMatchObject({ PATH: '/bin', LC_ALL: 'C', ANTHROPIC_BASE_URL: 'http://m' })
    expect(inside).not.toHaveProperty('AWS_SECRET_ACCESS_KEY')
    expect(inside).not.toHaveProperty('GITHUB_TOKEN')
  })

  it.each([
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'BASH_ENV',
    'SSH_AUTH_SOCK',
    'DBUS_SESSION_BUS_ADDRESS',
    'DOCKER_HOST',
    'GIT_SSH_COMMAND',
    'BASH_FUNC_ls%%',
    'https_proxy',
  ])('never has %s of outside, also where it is let through by name', (name) => {
    const inside = environmentInside({ [name]: 'evil' }, ask({ passed: [name] }))
    expect(inside[name]).not.toBe('evil')
  })

  it('has what the person lets through', () => {
    expect(environmentInside({ MY_FLAG: '1' }, ask({ passed: ['MY_FLAG'] }))).toHaveProperty('MY_FLAG', '1')
  })

  it('leads every program to the proxy, in both spellings', () => {
    const inside = environmentInside({}, ask())
    for (const name of ['HTTP_PROXY', 'https_proxy', 'ALL_PROXY'])
      expect(inside[name]).toBe('http://127.0.0.1:3128')
  })

  it('has a placeholder where the secret was', () => {
    const inside = environmentInside(
      { ANTHROPIC_API_KEY: 'sk-real' },
      ask({ placeholders: { ANTHROPIC_API_KEY: 'placeholder' } }),
    )
    expect(inside['ANTHROPIC_API_KEY']).toBe('placeholder')
  })

  it('names certificates only where something is intercepted', () => {
    expect(environmentInside({}, ask())).not.toHaveProperty('SSL_CERT_FILE')
    const inside = environmentInside({}, ask({ certificates: { own: '/run/ca', all: '/run/all' } }))
    expect(inside).toMatchObject({
      NODE_EXTRA_CA_CERTS: '/run/ca',
      SSL_CERT_FILE: '/run/all',
      GIT_SSL_CAINFO: '/run/all',
    })
  })
})
