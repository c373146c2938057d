import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { AccessTokenClaims, SessionId } from '@writ/contracts'
import { currentBundleOf } from '@writ/enforcement'
import type { AgentSession } from '@writ/identity'
import { AuthorityError, generateKeyPem, issueAccessToken, thumbprintOf } from '@writ/identity'
import { bundleOf, id } from '@writ/point/fixtures'
import { closeDaemons, newHome } from '../given-daemon.suite.ts'
import { Unanswered } from '../../network.ts'
import { RunningSessions } from './device-sessions.ts'

const AUTHORITY = generateKeyPem()
const STRANGER = generateKeyPem()
const BUNDLE = bundleOf('acme', 1, { issuerKeys: [{ kid: 'a', key: AUTHORITY.publicJwk }] })
const CURRENT = currentBundleOf(BUNDLE, 'a'.repeat(64), () => true)
const SECONDS = Math.floor(Date.now() / 1000)

const sessionId = (mark: string): SessionId => id('ses', mark)
const claimsOf = (mark: string): AccessTokenClaims => ({
  iss: BUNDLE.issuer,
  aud: ['https://gateway.example'],
  sub: id('hum'),
  client_id: id('agt'),
  act: { sub: id('agt') },
  tid: BUNDLE.tenant.id,
  sid: sessionId(mark),
  jti: randomBytes(16).toString('base64url'),
  iat: SECONDS,
  exp: SECONDS + 300,
  scope: 'mcp',
  epo: { t: 0, a: 0, h: 0 },
  cnf: { jkt: thumbprintOf(AUTHORITY.publicJwk) },
})
const tokenOf = (mark: string, by = AUTHORITY): string =>
  issueAccessToken(claimsOf(mark), { kid: 'a', privateKey: by.privateKey })

const unused = (): never => {
  throw new Error('not asked for here')
}
const sessionWith = (accessToken: () => Promise<string>): AgentSession => ({
  accessToken,
  sign: unused,
  delegate: unused,
  fetch: unused,
  noteNonce: unused,
})

const stopping: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop()
  await closeDaemons()
})

/** @param open the sessions that the authority gives, in order; the last of them again and again */
async function given(open: readonly (() => Promise<AgentSession>)[], path?: string) {
  const inherited: string[] = []
  let opened = 0
  const file = path ?? join(await newHome(), 'session.token')
  const sessions = new RunningSessions({
    open: () => (open[Math.min(opened++, open.length - 1)] ?? unused)(),
    current: async () => CURRENT,
    path: file,
    inherit: async (from, to) => void inherited.push(`${from} ${to}`),
    report: () => {},
  })
  const stop = new AbortController()
  const running = sessions.run(stop.signal)
  stopping.push(async () => {
    stop.abort()
    await running
  })
  return { sessions, inherited, file }
}

const begun = (mark: string) => async () => {
  const token = tokenOf(mark)
  return sessionWith(async () => token)
}
const refused = async (): Promise<AgentSession> => {
  throw new AuthorityError(400, 'invalid_client', 'the agent is revoked')
}
const away = async (): Promise<AgentSession> => {
  throw new Unanswered('https://authority.example', 'ECONNREFUSED')
}
const until = async (isSo: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 500 && !isSo(); tries += 1) await sleep(10)
  expect(isSo()).toBe(true)
}

describe('the sessions of a device', () => {
  it('begin with the start, and again with each conversation that nothing precedes', async () => {
    const { sessions, inherited } = await given([begun('1'), begun('2'), begun('3')])
    await until(() => sessions.peek() !== null)
    sessions.begin()
    await sessions.settled()
    expect(sessions.proven()?.claims.sid).toBe(sessionId('1'))
    sessions.begin()
    await sessions.settled()
    expect(sessions.proven()?.claims.sid).toBe(sessionId('2'))
    expect(inherited).toEqual([])
  })

  it('go on after a restart with what the one before has seen, before anything is decided in their name', async () => {
    const first = await given([begun('1')])
    await until(() => existsSync(first.file))
    const { sessions, inherited } = await given([begun('2')], first.file)
    await until(() => sessions.peek()?.claims.sid === sessionId('2'))
    expect(inherited).toEqual([`${sessionId('1')} ${sessionId('2')}`])
  })

  it('are those of the last proven caller while the authority is away', async () => {
    const first = await given([begun('1')])
    await until(() => existsSync(first.file))
    const { sessions } = await given([away], first.file)
    await until(() => sessions.trouble() !== null)
    expect(sessions.proven()?.claims.sid).toBe(sessionId('1'))
    expect(() => sessions.signing()).toThrow('no session has begun yet')
  })

  it('end when the authority says no, and a restart does not bring them back', async () => {
    let answer: () => Promise<string> = async () => token
    const token = tokenOf('1')
    const { sessions, file } = await given([async () => sessionWith(() => answer()), refused])
    await until(() => sessions.peek() !== null)
    answer = async () => {
      throw new AuthorityError(400, 'invalid_client', 'the agent is revoked')
    }
    await until(() => sessions.peek() === null)
    expect(sessions.trouble()).toBe('the agent is revoked')
    for (let tries = 0; tries < 100 && (await readFile(file, 'utf8')) !== ''; tries += 1) await sleep(10)
    expect(await readFile(file, 'utf8')).toBe('')
    const again = await given([away], file)
    await until(() => again.sessions.trouble() !== null)
    expect(again.sessions.peek()).toBeNull()
  })

  it('are not begun by a token that the tenant’s authority has not signed', async () => {
    const { sessions } = await given([async () => sessionWith(async () => tokenOf('1', STRANGER))])
    await until(() => sessions.trouble() !== null)
    expect(sessions.peek()).toBeNull()
  })

  it('are waited for a moment, and no longer', async () => {
    const never = new Promise<AgentSession>(() => {})
    const { sessions } = await given([begun('1'), () => never])
    await until(() => sessions.proven() !== null)
    sessions.begin()
    const startedAtMs = performance.now()
    await sessions.settled()
    expect(performance.now() - startedAtMs).toBeLessThan(1400)
    expect(sessions.proven()?.claims.sid).toBe(sessionId('1'))
  })
})
