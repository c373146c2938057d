import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { assert, property, string, uint8Array } from 'fast-check'
import { REACH } from '../recogniser.ts'
import { checksumOf, hasChecksum } from './checksum.ts'
import { secretOfField } from './field.ts'
import { BUSINESS } from './formats/business.ts'
import { CLOUD } from './formats/cloud.ts'
import { CODE } from './formats/code.ts'
import { KEYED } from './formats/keyed.ts'
import { MACHINE } from './formats/machine.ts'
import { SECRET_RECOGNISERS } from './recognisers.ts'
import { sampler, seeded } from './sample.suite.ts'
import { secretsIn } from './search.suite.ts'
import { SECRET_SIGNALS } from './signals.ts'

// No secret is written out in this file: scanners of repositories would refuse it.

const found = (text: string): [string, string][] =>
  secretsIn(text).map(({ signal, start, end }) => [signal, text.slice(start, end)])
const signalsIn = (text: string): string[] => [...new Set(secretsIn(text).map(({ signal }) => signal))].sort()
const random = (shape: string, seed = 1): string => sampler(shape, seeded(seed))()
const base64 = (text: string): string => Buffer.from(text).toString('base64url')

const FORMATS = [...CLOUD, ...CODE, ...BUSINESS, ...MACHINE]
const SAMPLES = 40
const LEAST_FOUND = SAMPLES * 0.95

const signalOf = (name: string, value: string): string | null => secretOfField(name)?.(value) ?? null

describe('secrets of vendors', () => {
  it.each(FORMATS.map((format) => [format.signal, format.shape] as const))(
    '%s is found by %s',
    (signal, shape) => {
      const sample = sampler(shape.source, seeded(7))
      const whole = new RegExp(`^(?:${shape.source})$`, shape.flags.replace('y', ''))
      const values = Array.from({ length: SAMPLES * 10 }, sample).filter((value) => whole.test(value))
      const hits = values
        .slice(0, SAMPLES)
        .filter((value) => found(`use "${value}" here`).some(([by]) => by === signal))
      expect(hits.length).toBeGreaterThanOrEqual(LEAST_FOUND)
    },
  )

  it.each(KEYED.map((keyed) => [keyed.signal, keyed] as const))(
    '%s is found by its name',
    (signal, { words, value }) => {
      const sample = sampler(value, seeded(7))
      const values = Array.from({ length: SAMPLES }, sample)
      const texts = values.map((secret, at) => `export ${words[at % words.length]}_key="${secret}"`)
      expect(texts.filter((text) => found(text).some(([by]) => by === signal)).length).toBeGreaterThanOrEqual(
        LEAST_FOUND - 2,
      )
      const fields = values.filter((secret) => secretOfField(`my_${words[0]}_token`)?.(secret) === signal)
      expect(fields.length).toBeGreaterThanOrEqual(LEAST_FOUND - 2)
    },
  )

  it('cover more than 120 vendors, and every recogniser names its signals', () => {
    expect(SECRET_SIGNALS.length).toBeGreaterThan(120)
    expect(
      SECRET_RECOGNISERS.flatMap(({ signals }) => signals).filter(
        (signal) => !SECRET_SIGNALS.includes(signal),
      ),
    ).toEqual([])
  })

  it('read no further than a recogniser may', () => {
    for (const { shape } of FORMATS) {
      const bounds = [...shape.source.matchAll(/\{(\d+)(?:,(\d*))?\}|[*+](?=[^?])/g)].map(
        ([all, least, most]) => Number(most ?? least ?? all),
      )
      expect(Math.max(0, ...bounds.filter(Number.isFinite))).toBeLessThan(REACH)
    }
  })

  it('begin after an escape that is not decoded', () => {
    const token = `ghp_${random('[A-Za-z0-9]{36}')}`
    for (const before of [String.raw`\n`, '%3D', String.raw`\u003d`, '=', '/', '_'])
      expect(signalsIn(before + token)).toContain('secret.github')
    expect(signalsIn(`x${token}`)).toEqual([])
    expect(signalsIn(`${token.slice(0, 20)} ${token.slice(20)}`)).toEqual([])
  })

  it('are not the examples of documentation', () => {
    const examples = [
      `ghp_${'x'.repeat(36)}`,
      'AKIA'.concat('IOSFODNN7EXAMPLE'),
      `glpat-${'1234567890'.repeat(2)}`,
      `sk-proj-your-api-key-goes-right-here-now-please`,
    ]
    for (const example of examples) expect(found(`key = "${example}"`)).toEqual([])
  })

  it('are genuine by checksum however plain they look', () => {
    const random30 = `${'a1'.repeat(9)}${'x'.repeat(12)}`
    const token = `ghp_${random30}${checksumOf(random30)}`
    expect(hasChecksum(token)).toBe(true)
    expect(signalsIn(token)).toContain('secret.github')
    expect(signalsIn(`${token.slice(0, -1)}${token.endsWith('0') ? 1 : 0}`)).toEqual([])
  })
})

describe('keys and tokens', () => {
  const body = random('(?:[A-Za-z0-9+/]{64}\n){20}')

  it('are private keys in armour, whole, also with escaped line ends, and cut off', () => {
    for (const kind of ['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ']) {
      const key = `-----BEGIN ${kind}PRIVATE KEY-----\n${body}-----END ${kind}PRIVATE KEY-----`
      expect(found(`a ${key} b`)).toEqual([['secret.private-key', key]])
      expect(signalsIn(key.replaceAll('\n', String.raw`\n`))).toEqual(['secret.private-key'])
      expect(signalsIn(key.slice(0, 200))).toEqual(['secret.private-key'])
    }
    expect(signalsIn(`-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1-2\n\n${body}`)).toEqual([
      'secret.private-key',
    ])
  })

  it('are not public keys, or prose about keys', () => {
    expect(found(`-----BEGIN PUBLIC KEY-----\n${body}-----END PUBLIC KEY-----`)).toEqual([])
    expect(found('starts with -----BEGIN PRIVATE KEY-----')).toEqual([])
  })

  it('are web tokens whose header names an algorithm, whole', () => {
    const token = `${base64('{"alg":"RS256","typ":"JWT"}')}.${base64(`{"sub":"${'x'.repeat(2_000)}"}`)}.${random('[\\w-]{86}')}`
    expect(found(`at ${token}, then`)).toEqual([['secret.jwt', token]])
    expect(signalsIn(Buffer.from(token.slice(0, 300)).toString('base64'))).toContain('secret.jwt')
    expect(found(`${base64('{"a":"b","c":"d"}')}.${base64('{"alg":"x"}')}.c`)).toEqual([])
  })

  it('are the id and the secret of AWS, when they stand near each other', () => {
    const id = `AKIA${random('[A-Z2-7]{16}')}`
    const secret = random('[A-Za-z0-9/+]{40}')
    expect(found(`${id} and then\n ${secret}\n`)).toEqual([
      ['secret.aws', id],
      ['secret.aws', secret],
    ])
    expect(found(secret)).toEqual([])
    expect(found(`${id} ${createHash('sha1').update('a').digest('hex')}`)).toEqual([['secret.aws', id]])
  })

  it('are signatures of shared access', () => {
    const url = `https://a.blob.core.windows.net/b?sv=2024-01-01&se=2030&sig=${random('[A-Za-z0-9]{43}')}%3D`
    expect(signalsIn(url)).toEqual(['secret.azure-storage'])
  })
})

describe('secrets by where they stand', () => {
  it.each([
    ['postgres://app:', 'Vq7_mR2x', '@db.internal:5432/main'],
    ['see https://deploy:', 'k3Lp9wQz', '@git.corp/x.git'],
    ['redis://:', 'c0rrecth0rse', '@cache:6379'],
    ['Server=db;Database=x;User Id=sa;Password=', 'S0mething!', ';'],
  ])('%s... carries a password', (before, password, after) => {
    const [match] = found(before + password + after).filter(([signal]) => signal === 'secret.url')
    expect(match?.[1]).toContain(password)
  })

  it.each([
    'postgres://user:password@localhost/db',
    'https://user:pass@example.com',
    'http://localhost:8080/a@b',
    'mongodb://${USER}:${PASS}@host',
    'https://<user>:<token>@host/',
  ])('%s carries none', (text) => {
    expect(found(text)).toEqual([])
  })

  it('are given to HTTP', () => {
    const token = random('[A-Za-z0-9]{40}')
    expect(found(`Authorization: Bearer ${token}`)).toContainEqual(['secret.authorization', token])
    const pair = Buffer.from('deploy:Vq7_mR2x').toString('base64')
    expect(found(`authorization: basic ${pair}`)).toEqual([['secret.authorization', pair]])
    expect(signalsIn(`curl -s -u deploy:Vq7mR2xk https://x`)).toEqual(['secret.authorization'])
    expect(found('Authorization: Bearer <your token>, a bearer of good news, Basic understanding')).toEqual(
      [],
    )
  })
})

describe('secrets of no known form', () => {
  it.each([
    ['DB_PASSWORD=', 'Vq7_mR2x!k', ''],
    ["client_secret: '", 'q8Zt3LmW5xYb7Nc2', "'"],
    ['"apiKey": "', 'd41d8cd98f00b204e9800998ecf8427e', '"'],
    ['auth_token => "', 'Zx81-kQ94-Lm27-Pw53', '"'],
  ])('%s... is one by its name', (before, value, after) => {
    expect(found(before + value + after)).toContainEqual(['secret.generic', value])
  })

  it.each([
    'token = getToken(request)',
    'password: string',
    'const secret = process.env.SECRET_KEY_BASE',
    'max_tokens: 4096, tokenizer: "cl100k_base_v2"',
    'secret_name = "prod/db/main-2024"',
    'nextPageToken: "CAUQAA1b2C3d4E5f6"',
    'password: "${DB_PASSWORD_2024}"',
    'API_KEY=your-api-key-123abc',
    'accessToken: AccessTokenService2',
  ])('%s is none', (text) => {
    expect(found(text)).toEqual([])
  })

  it('are the values of fields that are named so', () => {
    expect(signalOf('password', 'correct horse battery')).toBe('secret.generic')
    expect(signalOf('db_passwd', 'hunter2')).toBe('secret.generic')
    expect(signalOf('clientSecret', 'q8Zt3LmW5xYb7Nc2')).toBe('secret.generic')
    expect(signalOf('password', 'Your new password.')).toBeNull()
    expect(signalOf('password', 'string')).toBeNull()
    expect(signalOf('cursorToken', 'page-2')).toBeNull()
    expect(signalOf('title', 'q8Zt3LmW5xYb7Nc2')).toBeNull()
  })
})

describe('any text', () => {
  it('gives spans that lie inside it', () => {
    assert(
      property(string({ maxLength: 300 }), uint8Array({ maxLength: 64 }), (text, bytes) => {
        const content = `token="${text}" ${Buffer.from(bytes).toString('base64')} -----BEGIN PRIVATE KEY-----${text}`
        for (const { start, end } of secretsIn(content)) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(content.length)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('takes time in proportion to its length, however near its matches are', () => {
    const nearMatches = [
      'eyJhbGciOiJIUzI1NiJ9.a.',
      '-----BEGIN PRIVATE KEY-----',
      'password = ',
      'heroku heroku',
      '://a:b',
      'sig=',
    ]
    for (const piece of nearMatches) {
      const text = piece.repeat(Math.ceil(200_000 / piece.length))
      const before = process.cpuUsage()
      secretsIn(text)
      expect(process.cpuUsage(before).user).toBeLessThan(1_500_000)
    }
  })
})
