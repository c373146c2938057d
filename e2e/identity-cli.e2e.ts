import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AgentView, EnrolmentToken, HumanView, OwnerLink, pageOf, SessionView } from '@writ/contracts'
import { z } from 'zod'
import { Browser } from '../apps/control-plane/src/testing/browser.ts'
import { eventually } from './drivers/ledger.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const WRIT = join(process.cwd(), 'apps/cli/bin/writ.mjs')
const PASSPHRASE = 'four words of nonsense'

type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }
type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly said: () => string }

/** Everything that any `writ` of this file printed, and every secret that it was told. */
const printed: string[] = []
const secrets = new Set<string>([PASSPHRASE])

const Told = z.record(z.string(), z.unknown())
const told = ({ stdout }: Ended): z.infer<typeof Told> => Told.parse(JSON.parse(stdout))

describe('writ, of an agent', () => {
  let world: World
  let root: string

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    root = mkdtempSync(join(tmpdir(), 'writ-identity-cli-'))
  }, 120_000)
  afterAll(async () => {
    await world.stop()
    rmSync(root, { recursive: true, force: true })
  }, 60_000)

  function start(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [WRIT, ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        WRIT_HOME: home,
        WRIT_CONTROL_PLANE_URL: world.platform.controlPlaneUrl,
        WRIT_KEY_STORE: 'file-0600',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const said = () => Buffer.concat([...out, ...err]).toString()
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (exitCode) => {
        printed.push(said())
        resolve({ exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() })
      })
    })
    return { child, ended, said }
  }
  const writ = (home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    start(home, args, env).ended

  /** A new agent of Ada's on a machine of its own. */
  async function enrolled(name: string, env: Readonly<Record<string, string>> = {}) {
    const { admin, human } = world.acme
    const { id } = await admin.send('POST', 'agents', { name, human: human.id }, AgentView)
    const { token } = await admin.send('POST', `agents/${id}/enrolment-tokens`, {}, EnrolmentToken)
    secrets.add(token)
    const home = join(root, name)
    const ended = await writ(home, ['enrol', '--tenant', 'acme', '--json'], {
      WRIT_ENROLMENT_TOKEN: token,
      ...env,
    })
    expect([ended.exitCode, ended.stderr]).toEqual([0, ''])
    const folder = join(home, 'profiles', 'default')
    return {
      id,
      home,
      folder,
      ended,
      profile: () => Told.parse(JSON.parse(readFileSync(join(folder, 'profile.json'), 'utf8'))),
    }
  }
  const statusOf = async (id: string) => (await world.acme.admin.get(`agents/${id}`, AgentView)).status

  /** A browser in which this human has signed in. */
  async function signedIn(name: string): Promise<{ browser: Browser; human: string }> {
    const { admin, slug } = world.acme
    const email = `${name.toLowerCase()}@acme.example`
    const { id: human } = await admin.send('POST', 'humans', { name, email }, HumanView)
    const { controlPlaneUrl, secrets: platform } = world.platform
    const answer = await fetch(`${controlPlaneUrl}/api/v1/tenants/${slug}/owner-links`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ human }),
    })
    const { url } = OwnerLink.parse(await answer.json())
    const browser = new Browser()
    expect((await browser.submit(await browser.visit(url))).text).toContain(name)
    return { browser, human }
  }

  it('enrols, says where the key is, and who it is', async () => {
    const { id, home, folder, ended, profile } = await enrolled('plain')
    expect(told(ended)).toMatchObject({ agentId: id, keyStore: 'file-0600' })
    const who = await writ(home, ['whoami', '--json'])
    expect([who.exitCode, who.stderr]).toEqual([0, ''])
    expect(told(who)).toMatchObject({
      agent: id,
      tenant: 'acme',
      tenantId: world.acme.id,
      human: world.acme.human.id,
      session: expect.stringMatching(/^ses_/),
      keyStore: 'file-0600',
      identityKey: told(ended)['identityKey'],
    })
    const lifeMs = Date.parse(String(told(who)['tokenExpiresAt'])) - Date.now()
    expect(lifeMs).toBeGreaterThan(200_000)
    expect(lifeMs).toBeLessThan(310_000)
    const { exitCode, stdout } = await writ(home, ['status'])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/not sealed[^]*gives tokens[^]*Ready/)])
    expect(profile()['joinSeq']).toBe(2)
    expect(readdirSync(folder)).toHaveLength(2)
  }, 120_000)

  it('keeps its key sealed with a passphrase, and opens it with no other', async () => {
    const env = { WRIT_KEY_STORE: 'file-sealed', WRIT_KEY_PASSPHRASE: PASSPHRASE }
    const { home, folder, ended } = await enrolled('sealed', env)
    expect(told(ended)['keyStore']).toBe('file-sealed')
    for (const file of readdirSync(folder))
      expect(readFileSync(join(folder, file), 'utf8')).not.toContain('PRIVATE')
    expect((await writ(home, ['whoami'], env)).exitCode).toBe(0)
    expect(await writ(home, ['whoami'])).toMatchObject({ exitCode: 2, stdout: '' })
    const wrong = await writ(home, ['whoami'], { WRIT_KEY_PASSPHRASE: `${PASSPHRASE}!` })
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('does not open')])
  }, 120_000)

  it('may run many times at once on one machine: that is no copy of it', async () => {
    const { id, home, profile } = await enrolled('busy')
    const ends = await Promise.all(Array.from({ length: 4 }, () => writ(home, ['whoami', '--json'])))
    expect(ends.map(({ exitCode }) => exitCode)).toEqual(Array(4).fill(0))
    expect(new Set(ends.map((one) => told(one)['session'])).size).toBe(4)
    expect(profile()['joinSeq']).toBe(4)
    expect(await statusOf(id)).toBe('enrolled')
  }, 120_000)

  it('may be killed at any moment: that is no copy of it either', async () => {
    const { id, home } = await enrolled('mortal')
    const begunMs = Date.now()
    await writ(home, ['whoami'])
    const wholeMs = Date.now() - begunMs
    // The last tenths are when the authority is asked, and its answer written down.
    for (const part of [0.5, 0.7, 0.8, 0.9, 0.95]) {
      const { child, ended } = start(home, ['whoami'])
      await sleep(wholeMs * part)
      child.kill('SIGKILL')
      await ended
    }
    const { exitCode, stderr } = await writ(home, ['whoami'])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(await statusOf(id)).toBe('enrolled')
  }, 120_000)

  it('finds its number again after answers were lost', async () => {
    const { id, home, folder, profile } = await enrolled('lossy')
    await writ(home, ['whoami'])
    writeFileSync(join(folder, 'profile.json'), JSON.stringify({ ...profile(), joinSeqAtMost: 4 }))
    const { exitCode, stderr } = await writ(home, ['whoami'])
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(profile()).toMatchObject({ joinSeq: 2 })
    expect(profile()['joinSeqAtMost']).toBeUndefined()
    expect(await statusOf(id)).toBe('enrolled')
  }, 120_000)

  it('that was copied is locked, both of it', async () => {
    const { id, home } = await enrolled('copied')
    await writ(home, ['whoami'])
    const thief = join(root, 'thief')
    cpSync(home, thief, { recursive: true })
    for (const times of [1, 2, 3])
      expect([times, (await writ(home, ['whoami'])).exitCode]).toEqual([times, 0])
    expect(await writ(thief, ['whoami'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('locked'),
    })
    expect(await statusOf(id)).toBe('locked')
    expect((await writ(home, ['whoami'])).exitCode).toBe(3)
  }, 120_000)

  it('acts for a human who typed its code, and not for one who refused', async () => {
    const { id, home } = await enrolled('device')
    const { browser, human } = await signedIn('Ben')
    const run = async (decision: 'allow' | 'deny'): Promise<Ended> => {
      const login = start(home, ['login', '--json'])
      const page = await eventually('an address', async () => /\(or open (\S+)\)/.exec(login.said())?.[1])
      const asked = await browser.visit(page)
      expect(asked.text).toContain(id)
      await browser.submit(asked, { decision })
      return login.ended
    }
    const yes = await run('allow')
    expect(yes.exitCode).toBe(0)
    expect(told(yes)).toMatchObject({ agent: id, human, tenant: 'acme', signedInAt: expect.any(String) })
    const no = await run('deny')
    expect(no.exitCode).toBe(1)
    expect(told(no)).toMatchObject({ error: expect.stringContaining('not signed in') })
    expect(told(await writ(home, ['whoami', '--json']))['human']).toBe(world.acme.human.id)
    expect(await statusOf(id)).toBe('enrolled')
  }, 120_000)

  it('connects for a human who signed in in a browser here, and calls as theirs', async () => {
    const { id, home } = await enrolled('browser')
    const { browser, human } = await signedIn('Cleo')
    const args = ['connect', '--connection', 'tools', '--listen', '0', '--json', '--login', '--browser']
    const proxy = start(home, [...args, '--gateway', world.platform.gatewayUrls[0] ?? ''])
    const page = await eventually(
      'an address',
      async () => /^(http\S+\/authorize\?\S+)$/m.exec(proxy.said())?.[1],
    )
    const stranger = new URL(new URL(page).searchParams.get('redirect_uri') ?? '')
    stranger.search = '?code=stolen&state=guessed'
    expect((await fetch(stranger)).status).toBe(404)
    const done = await browser.submit(await browser.visit(page), { decision: 'allow' })
    expect(done.text).toContain('go back to the terminal')
    const url = await eventually('a proxy', async () => /"url":"([^"]+)"/.exec(proxy.said())?.[1])
    await expect(fetch(stranger)).rejects.toThrow('fetch failed')
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'lookup_order', arguments: { order: 'B-1' } },
    }
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(call),
    })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('two lamps')])
    const { items } = await world.acme.admin.get('sessions?limit=100', pageOf(SessionView))
    expect(items.filter((session) => session.agent === id).map((session) => session.human)).toEqual([human])
    proxy.child.kill('SIGTERM')
    expect((await proxy.ended).exitCode).toBe(0)
  }, 120_000)

  it('rotates its key: the new one counts, and the old one is gone from here', async () => {
    const { id, home, folder } = await enrolled('rotating')
    const before = told(await writ(home, ['whoami', '--json']))['identityKey']
    const rotated = await writ(home, ['rotate', '--json'])
    expect([rotated.exitCode, rotated.stderr]).toEqual([0, ''])
    const after = told(rotated)['identityKey']
    expect(after).not.toBe(before)
    expect(readdirSync(folder).toSorted()).toEqual([`${String(after)}.pem`, 'profile.json'].toSorted())
    expect(told(await writ(home, ['whoami', '--json']))).toMatchObject({ agent: id, identityKey: after })
    expect(await statusOf(id)).toBe('enrolled')
  }, 120_000)

  it('whose rotation lost its answer finishes it', async () => {
    const { home, folder, profile } = await enrolled('half-way')
    const old = profile()
    const oldKey = readFileSync(join(folder, `${String(old['keyName'])}.pem`), 'utf8')
    await writ(home, ['rotate'])
    const { keyName } = profile()
    writeFileSync(join(folder, `${String(old['keyName'])}.pem`), oldKey, { mode: 0o600 })
    const lost = { ...old, nextKey: { store: 'file-0600', name: keyName } }
    writeFileSync(join(folder, 'profile.json'), JSON.stringify(lost), { mode: 0o600 })
    const finished = await writ(home, ['rotate', '--json'])
    expect([finished.exitCode, finished.stderr]).toEqual([0, ''])
    expect(told(finished)).toMatchObject({ identityKey: keyName, previousUntil: null })
    expect(readdirSync(folder)).toHaveLength(2)
    expect((await writ(home, ['whoami'])).exitCode).toBe(0)
  }, 120_000)

  it('gives up a token of its own, and of nobody else', async () => {
    const agent = await world.acme.enrol('leaky')
    const folder = join(root, 'leaky', 'profiles', 'default')
    const issuer = `${world.platform.controlPlaneUrl}/t/acme/oauth`
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, 'identity.pem'), agent.identityPem, { mode: 0o600 })
    const profile = {
      agentId: agent.id,
      agentName: 'leaky',
      tenant: 'acme',
      issuer,
      tokenEndpoint: `${issuer}/token`,
      gateways: world.platform.gatewayUrls,
      keyStore: 'file-0600',
      enrolledAt: new Date().toISOString(),
    }
    writeFileSync(join(folder, 'profile.json'), JSON.stringify(profile), { mode: 0o600 })
    await eventually(
      'an answer',
      async () => (await agent.call('lookup_order', { order: 'C-1' })).status === 200,
    )
    const token = await agent.session.accessToken()
    secrets.add(token)
    const file = join(root, 'token')
    writeFileSync(file, `${token}\n`, { mode: 0o600 })
    const { home: other } = await enrolled('bystander')
    expect((await writ(other, ['revoke', '--token', file])).exitCode).toBe(3)
    expect((await agent.call('lookup_order', { order: 'C-1' })).status).toBe(200)
    const { exitCode, stderr } = await writ(join(root, 'leaky'), ['revoke', '--token', file, '--json'])
    expect([exitCode, stderr]).toEqual([0, ''])
    const refused = await eventually('a refusal', async () => {
      const { status, error } = await agent.call('lookup_order', { order: 'C-1' })
      return status !== 200 && { status, error }
    })
    expect(refused).toMatchObject({ status: 401, error: { code: -31_006 } })
  }, 120_000)

  it('is ended by an admin: one session of it, and all of it', async () => {
    const { id, home } = await enrolled('ending')
    const env = { WRIT_API_KEY: world.acme.admin.key }
    secrets.add(world.acme.admin.key)
    const { session } = told(await writ(home, ['whoami', '--json']))
    expect((await writ(home, ['revoke', '--session', String(session)], env)).exitCode).toBe(0)
    const ended = await world.acme.admin.get(`sessions/${String(session)}`, SessionView)
    expect(ended).toMatchObject({ agent: id, endedAt: expect.any(String) })
    expect((await writ(home, ['revoke', '--agent'])).exitCode).toBe(2)
    expect(told(await writ(home, ['revoke', '--agent', '--json'], env))).toMatchObject({
      agent: id,
      status: 'revoked',
    })
    expect(await writ(home, ['whoami'])).toMatchObject({ exitCode: 3, stdout: '' })
  }, 120_000)

  it('shows no secret: no key, no passphrase, no token', () => {
    expect(printed.length).toBeGreaterThan(40)
    for (const home of readdirSync(root)) {
      const folder = join(root, home, 'profiles', 'default')
      if (!existsSync(folder)) continue
      printed.push(readFileSync(join(folder, 'profile.json'), 'utf8'))
      const keys = readdirSync(folder).filter((file) => file.endsWith('.pem'))
      for (const file of keys) secrets.add(readFileSync(join(folder, file), 'utf8').split('\n')[1] ?? '')
    }
    const all = printed.join('\n')
    for (const secret of secrets) expect([secret.length > 10, all.includes(secret)]).toEqual([true, false])
    expect(all).not.toMatch(/PRIVATE KEY|\beyJ[\w-]+\.[\w-]+\.|\bw(?:en|ak)_[0-9A-Z]{26}/)
  })
})
