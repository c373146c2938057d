import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { cut, looksRandom, showOf } from './veil.ts'

const show = showOf([])

describe('a name that is shown', () => {
  it.each([
    'github',
    'GITHUB_PERSONAL_ACCESS_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    '@modelcontextprotocol/server-github',
    'chrome-devtools-mcp@0.6.1',
    'ModelContextProtocolServer',
    'rooveterinaryinc.roo-cline',
    '/home/ana/.config/Code - Insiders/User/profiles/work/mcp.json',
    '/Users/ana/Library/Application Support/Claude/claude_desktop_config.json',
    '/mcpServers/context7/env/CONTEXT7_KEY',
    'docker run ghcr.io/github/github-mcp-server:v0.14.0',
    'https://mcp.eu-west-1.example.com:8443',
  ])('stays as it is: %s', (name) => expect(show(name)).toBe(name))

  it.each([
    'ghp_0123456789abcdefABCDEF0123456789abcd',
    'my server sk-ant-api03-AbCdEf0123456789',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    'q8Zt3LmW0xVb7NcR2kYd',
    '5f2c9a7be4d01836af5c',
    'server-q8Zt3LmW0xVb7NcR2kYd-prod',
  ])('is hidden where it could be a secret: %s', (name) => {
    expect(show(name)).toContain('[hidden]')
    for (const part of name.split(/[^A-Za-z0-9]+/).filter((word) => /\d/.test(word) && word.length > 6))
      expect(show(name)).not.toContain(part)
  })

  it('steers no terminal and reorders nothing', () => {
    expect(show('a\u001b[31mb\u202ec\u0000d\ne\u200bf\ud800g')).toBe('a [31mb c d e f g')
  })

  it('is cut between characters, and after everything secret is out of it', () => {
    expect(cut(`${'x'.repeat(9)}😀😀😀`, 13)).toBe('xxxxxxxxx...')
    const secret = 'tulip-and-daffodil'
    expect(showOf([secret])(`${'x'.repeat(115)}${secret}`)).not.toContain('tulip')
  })

  it('is without every known secret, in whatever case, and whatever else stands around it', () => {
    expect(showOf(['Tulip+(x)', 'tuli'])('a TULIP+(X) b')).toBe('a [hidden] b')
  })

  it('is without the beginning of a secret that is longer than names are', () => {
    const secret = 'tulip-and-daffodil '.repeat(300)
    expect(showOf([secret])(`a ${secret}`)).toBe('a [hidden]')
    expect(showOf(['x'.repeat(1_000_000), '('.repeat(1_000_000)])('name')).toBe('name')
  })

  it('is the word that it was where a secret is one of a few characters', () => {
    expect(showOf(['git'])('github')).toBe('github')
  })
})

const generated = (characters: string, least: number) =>
  fc.string({
    unit: fc.constantFrom(...characters.split('')),
    minLength: least,
    maxLength: 64,
  })
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const BASE62 = `${LOWER}${LOWER.toUpperCase()}0123456789`

describe('what a generator made', () => {
  it.each([
    ['base62', BASE62],
    ['base64url', `${BASE62}-_`],
    ['hex', '0123456789abcdef'],
    ['base36', `${LOWER}0123456789`],
  ])('is seen to be so: %s', (_, characters) => {
    // Of 2000 of 32 characters and more, all but a few.
    const missed = fc
      .sample(generated(characters, 32), { numRuns: 2000, seed: 5 })
      .filter((text) => !looksRandom(text))
    expect(missed.filter((text) => new Set(text).size > 8).length).toBeLessThanOrEqual(2)
  })
})
