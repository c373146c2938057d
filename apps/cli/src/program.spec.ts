import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GivenServer } from './given-server.suite.ts'
import { closedOrigin, givenServer, json } from './given-server.suite.ts'
import type { Ran } from './given-terminal.suite.ts'
import { objectIn, writ } from './given-terminal.suite.ts'
import { cliConfig } from './config.ts'
import { everyCommand, programOf, VERSION } from './program.ts'
import { terminalOf } from './terminal.ts'

const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`
const TOKEN = `wen_${'0'.repeat(26)}.${'t'.repeat(43)}`
const EXPLAIN = ['policy', 'explain', '--agent', 'a', '--connection', 'tools', '--tool', 'x']
const ENROL = ['enrol', '--tenant', 'demo']

const printed: Ran[] = []
let home = ''
let server: GivenServer | null = null

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'writ-cli-'))
})
afterEach(async () => {
  rmSync(home, { recursive: true, force: true })
  await server?.stop()
  server = null
})

async function ran(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const result = await writ(args, { WRIT_HOME: home, ...env })
  printed.push(result)
  return result
}

const enrolment = (origin: string) => ({
  agentId: `agt_${'0'.repeat(26)}`,
  agentName: 'claude',
  tenant: 'demo',
  issuer: `${origin}/t/demo/oauth`,
  tokenEndpoint: `${origin}/t/demo/oauth/token`,
  gateways: [origin],
})

function commandPaths(): string[][] {
  const pipes = { env: {}, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
  const program = programOf(cliConfig({}), terminalOf(false, pipes), () => Promise.resolve())
  return everyCommand(program).map((command) => {
    const path: string[] = []
    for (let at = command; at.parent !== null; at = at.parent) path.unshift(at.name())
    return path
  })
}

describe('help', () => {
  it('is there for every command of the issue', () => {
    expect(commandPaths().map((path) => path.join(' '))).toEqual(
      expect.arrayContaining(['', 'enrol', 'connect', 'status', 'audit verify', 'policy explain']),
    )
  })

  it.each(commandPaths().map((path) => [path.join(' ') || '(none)', path] as const))(
    'of `writ %s` says what it does, shows an example and offers --json',
    async (_, path) => {
      const { exitCode, stdout, stderr } = await ran([...path, '--help'])
      expect(exitCode).toBe(0)
      expect(stdout).toMatch(/^Usage: writ/)
      expect(stdout).toMatch(/\nExample:\n {2}.*\bwrit\b/)
      expect(stdout).toContain('--json')
      expect(stderr).toBe('')
    },
  )

  it('says what the exit codes mean', async () => {
    expect((await ran(['--help'])).stdout).toContain(
      'Exit codes: 0 it is so, 1 the answer is no, 2 misuse, 3',
    )
  })

  it('has the version of the package', async () => {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    expect(JSON.parse(manifest)).toMatchObject({ version: VERSION })
    expect(await ran(['--version'])).toMatchObject({ exitCode: 0, stdout: `${VERSION}\n` })
  })
})

describe('a failure', () => {
  /** name, arguments, environment, exit code, what is wrong, what to do */
  type Row = readonly [string, readonly string[], Readonly<Record<string, string>>, number, RegExp, RegExp]
  const rows: readonly Row[] = [
    ['an unknown command', ['enroll'], {}, 2, /unknown command 'enroll'[^]*Did you mean enrol/, /--help/],
    ['an unknown option', ['status', '--profil', 'x'], {}, 2, /unknown option '--profil'/, /--help/],
    ['no command', [], {}, 2, /no command was given/, /--help/],
    ['half a command', ['audit'], {}, 2, /no command was given/, /--help/],
    ['a missing option', ['enrol'], {}, 2, /required option '--tenant <name>'/, /--help/],
    ['too many arguments', ['status', 'a', 'b'], {}, 2, /too many arguments/, /--help/],
    [
      'a port that is none',
      ['connect', '--connection', 'a', '--listen', '7e3'],
      {},
      2,
      /port is a number/,
      /--help/,
    ],
    [
      'a direction that is none',
      [...EXPLAIN, '--direction', 'up'],
      {},
      2,
      /choices are outbound, inbound/,
      /--help/,
    ],
    [
      'a bad variable',
      ['status'],
      { WRIT_CONTROL_PLANE_URL: 'nowhere' },
      2,
      /WRIT_CONTROL_PLANE_URL/,
      /environment/,
    ],
    ['no profile', ['status'], {}, 2, /no profile `default`/, /writ enrol --profile default --tenant/],
    ['no profile to connect', ['connect', '--connection', 'a'], {}, 2, /no profile `default`/, /writ enrol/],
    [
      'a profile outside',
      ['status', '--profile', '../../etc'],
      {},
      2,
      /cannot name a profile/,
      /letters, digits/,
    ],
    ['no API key', EXPLAIN, {}, 2, /no API key/, /WRIT_API_KEY/],
    [
      'a malformed API key',
      EXPLAIN,
      { WRIT_API_KEY: 'wak_x\r\ny: z' },
      2,
      /is not an API key/,
      /begins with wak_/,
    ],
    ['no enrolment token', ENROL, {}, 2, /no enrolment token/, /WRIT_ENROLMENT_TOKEN/],
    [
      'a malformed token',
      [...ENROL, '--token', 'wen_1.tttt'],
      {},
      2,
      /not an enrolment token/,
      /begins with wen_/,
    ],
    ['a tenant that is none', ['enrol', '--tenant', '../x'], {}, 2, /cannot be a tenant/, /short name/],
    [
      'arguments that are none',
      [...EXPLAIN, '--args', '[1]'],
      { WRIT_API_KEY: API_KEY },
      2,
      /not a JSON object/,
      /example/,
    ],
    [
      'a server that is none',
      [...EXPLAIN, '--url', 'localhost'],
      { WRIT_API_KEY: API_KEY },
      2,
      /not the address/,
      /https:/,
    ],
    [
      'a password in an address',
      [...EXPLAIN, '--url', 'http://u:pw@127.0.0.1'],
      { WRIT_API_KEY: API_KEY },
      2,
      /not the address/,
      /https:/,
    ],
    [
      'a key in plain text',
      [...EXPLAIN, '--url', 'http://writ.example'],
      { WRIT_API_KEY: API_KEY },
      2,
      /plain text/,
      /https/,
    ],
    [
      'a token in plain text',
      [...ENROL, '--url', 'http://writ.example', '--token', TOKEN],
      {},
      2,
      /plain text/,
      /https/,
    ],
    [
      'a file that is not there',
      ['audit', 'verify', '/nowhere/e.json'],
      {},
      2,
      /cannot read/,
      /audit export/,
    ],
  ]

  it.each(rows)('for %s says what is wrong and what to do', async (_, args, env, exitCode, wrong, remedy) => {
    const result = await ran(args, env)
    expect(result.exitCode).toBe(exitCode)
    expect(result.stdout).toBe('')
    expect(result.stderr).toMatch(wrong)
    expect(result.stderr).toMatch(remedy)
  })

  it.each(rows)(
    'for %s is one JSON object on stdout under --json',
    async (_, args, env, exitCode, wrong, remedy) => {
      const result = await ran([...args, '--json'], env)
      expect(result.exitCode).toBe(exitCode)
      expect(result.stderr).toBe('')
      expect(result.stdout.trimEnd()).not.toContain('\n')
      const said = objectIn(result.stdout)
      expect(said.error).toMatch(wrong)
      expect(said.remedy).toMatch(remedy)
    },
  )

  it.each([
    ['enrol', [...ENROL, '--token', TOKEN]],
    ['policy explain', EXPLAIN],
    ['audit export', ['audit', 'export', 'never-written.json']],
    ['audit verify', ['audit', 'verify']],
  ])('of `%s` with nothing at the other end is 3 and names the address', async (_, args) => {
    const origin = await closedOrigin()
    const result = await ran([...args, '--url', origin], { WRIT_API_KEY: API_KEY })
    expect(result).toMatchObject({ exitCode: 3, stdout: '' })
    expect(result.stderr).toContain(`${origin} does not answer (ECONNREFUSED)`)
    expect(result.stderr).toContain('npm start')
  })

  it.each([
    [401, /Check WRIT_API_KEY/],
    [403, /role/],
    [404, /names/],
    [400, /arguments/],
    [503, /moment/],
  ])('of the API with status %s says what the API said and what to do', async (status, remedy) => {
    server = await givenServer((_, response) =>
      json(response, status, {
        type: 'about:blank',
        title: 'No',
        status,
        detail: 'not like this',
        errors: [{ path: 'tool', message: 'too long' }],
      }),
    )
    const result = await ran([...EXPLAIN, '--url', server.origin], { WRIT_API_KEY: API_KEY })
    expect(result.exitCode).toBe(3)
    expect(result.stderr).toContain('No: not like this\n  tool: too long')
    expect(result.stderr).toMatch(remedy)
  })

  it('is 3 where the server is something else', async () => {
    server = await givenServer((_, response) => void response.end('<html>'))
    const result = await ran([...EXPLAIN, '--url', server.origin], { WRIT_API_KEY: API_KEY })
    expect(result).toMatchObject({ exitCode: 3, stdout: '' })
    expect(result.stderr).toContain('of the same version')
  })

  it('follows no redirect: key and token are for one server', async () => {
    const other = await givenServer((_, response) => json(response, 200, {}))
    server = await givenServer(
      (_, response) => void response.writeHead(307, { location: other.origin }).end(),
    )
    const asked = await ran([...EXPLAIN, '--url', server.origin], { WRIT_API_KEY: API_KEY })
    const enrolled = await ran([...ENROL, '--url', server.origin], { WRIT_ENROLMENT_TOKEN: TOKEN })
    expect([asked.exitCode, enrolled.exitCode]).toEqual([3, 3])
    expect(server.seen).toHaveLength(2)
    expect(other.seen).toHaveLength(0)
    await other.stop()
  })
})

describe('enrolment', () => {
  it.each(['issuer', 'tokenEndpoint'])(
    'is not kept where its %s would have keys and tokens sent in plain text',
    async (member) => {
      const plain = 'http://198.51.100.7/t/demo/oauth'
      server = await givenServer((_, response) =>
        json(response, 201, { ...enrolment(server?.origin ?? ''), [member]: plain }),
      )
      const refused = await ran([...ENROL, '--url', server.origin], { WRIT_ENROLMENT_TOKEN: TOKEN })
      expect(refused).toMatchObject({ exitCode: 3, stdout: '' })
      expect(refused.stderr).toMatch(
        /198\.51\.100\.7 would be told secrets in plain text[^]*ask for a new one/,
      )
      expect(readdirSync(join(home, 'profiles'))).toEqual([])
    },
  )
})

describe('what is printed', () => {
  it('holds nothing that steers a terminal, whatever a server says', async () => {
    server = await givenServer((_, response) =>
      json(response, 400, { type: 'x', title: 'a\u001b]0;b\u0007\u009b2J\u202ec', status: 400 }),
    )
    const { stderr } = await ran([...EXPLAIN, '--url', server.origin], { WRIT_API_KEY: API_KEY })
    expect(stderr).toMatch(/^writ: a\ufffd\]0;b\ufffd\ufffd2J\ufffdc\n/)
  })

  it('masks a secret that a server sends back or that stands where an option should', async () => {
    server = await givenServer(({ headers }, response) =>
      json(response, 400, { type: 'x', title: `no: ${headers.authorization}`, status: 400 }),
    )
    const echoed = await ran([...EXPLAIN, '--url', server.origin], { WRIT_API_KEY: API_KEY })
    expect(echoed.stderr).toContain('no: Bearer wak_…')
    expect((await ran([TOKEN])).stderr).toContain("unknown command 'wen_…'")
    expect((await ran([`--tokn=${TOKEN}`, '--json'])).stdout).toContain('wen_…')
  })

  it('of enrolment, status and their failures is enough to act on', async () => {
    server = await givenServer(({ path, body }, response) => {
      if (path.endsWith('/token'))
        return json(response, 401, { error: 'invalid_client', error_description: 'revoked' })
      if (!path.endsWith('/enrol')) return json(response, 200, {})
      return body.includes(TOKEN)
        ? json(response, 201, enrolment(server?.origin ?? ''))
        : json(response, 401, { type: 'x', title: 'Unknown token', status: 401 })
    })
    const args = [...ENROL, '--url', server.origin]
    const wrong = await ran(args, { WRIT_ENROLMENT_TOKEN: TOKEN.replace('ttt', 'uuu') })
    expect(wrong.exitCode).toBe(3)
    expect(wrong.stderr).toMatch(/not accepted: Unknown token[^]*ask an admin/i)

    const enrolled = await ran([...args, '--json'], { WRIT_ENROLMENT_TOKEN: TOKEN })
    expect(enrolled.exitCode).toBe(0)
    expect(JSON.parse(enrolled.stdout)).toMatchObject({
      profile: 'default',
      agentName: 'claude',
      tenant: 'demo',
    })

    const again = await ran(args, { WRIT_ENROLMENT_TOKEN: TOKEN })
    expect(again.exitCode).toBe(2)
    expect(again.stderr).toMatch(/exists already[^]*--force/)
    expect(server.seen.filter(({ path }) => path.endsWith('/enrol'))).toHaveLength(2)

    const status = await ran(['status'])
    expect(status.exitCode).toBe(3)
    expect(status.stdout).toMatch(/gives none \(revoked\)[^]*answers[^]*may be revoked/)

    const connected = await ran(['connect', '--connection', 'tools'])
    expect(connected).toMatchObject({ exitCode: 3, stdout: '' })
    expect(connected.stderr).toMatch(/no access token: revoked[^]*writ status/)

    await server.stop()
    const away = await ran(['status', '--json'])
    expect(away.exitCode).toBe(3)
    expect(JSON.parse(away.stdout)).toMatchObject({
      agentName: 'claude',
      tenant: 'demo',
      identityKey: expect.stringMatching(/^[\w-]{43}$/),
      authority: { state: 'does not answer', detail: expect.stringContaining('ECONNREFUSED') },
      gateways: [{ answers: false }],
      advice: expect.stringContaining('npm start'),
    })
    const alone = await ran(['connect', '--connection', 'tools'])
    expect(alone).toMatchObject({ exitCode: 3, stdout: '' })
    expect(alone.stderr).toMatch(/does not answer \(ECONNREFUSED\)/)
    server = null
  })

  it('of status is ready when both answer', async () => {
    server = await givenServer(({ path }, response) => {
      const { origin = '' } = server ?? {}
      if (path.endsWith('/enrol')) return json(response, 201, enrolment(origin))
      const token = { access_token: 'secret-access-token', token_type: 'DPoP', expires_in: 300, scope: 'mcp' }
      return json(response, 200, path.endsWith('/token') ? token : {})
    })
    await ran([...ENROL, '--url', server.origin], { WRIT_ENROLMENT_TOKEN: TOKEN })
    const { exitCode, stdout } = await ran(['status'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /claude \(agt_0+\) in tenant demo[^]*gives tokens[^]*answers[^]*Ready: writ connect/,
    )
    expect(stdout).not.toContain('secret-access-token')
  })

  afterAll(() => {
    const all = printed.map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(printed.length).toBeGreaterThan(80)
    for (const secret of [
      API_KEY,
      TOKEN,
      'k'.repeat(43),
      't'.repeat(43),
      'tttt',
      ':pw@',
      'PRIVATE KEY',
      'secret-access',
    ])
      expect(all).not.toContain(secret)
  })
})
