import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { statementHolds } from '@writ/audit'
import { JoinAnswer, nodeStatement } from '@writ/contracts'
import { listenOn } from '@writ/runtime'
import { until } from '../gate.fixture.ts'
import { id, KEYS } from '../sample.fixture.ts'
import { createControlPlaneClient } from './control-plane-client.ts'
import { openControlPlaneHttp } from './control-plane-http.ts'
import { openNodeIdentity } from './node-identity.ts'
import { openNodeKeys } from './node-keys.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function folderOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-node-'))
  closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

type Asked = { method: string; path: string; body: string; header: (name: string) => string }

async function controlPlane(answer: (asked: Asked, response: ServerResponse) => void) {
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () =>
      answer(
        {
          method: request.method ?? '',
          path: request.url ?? '',
          body,
          header: (name) => String(request.headers[name]),
        },
        response,
      ),
    )
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const http = openControlPlaneHttp(`http://127.0.0.1:${port}`)
  closing.push(http.close)
  return http
}

const away = () => Promise.reject(new Error('away'))

const clientFor = async (answer: (asked: Asked, response: ServerResponse) => void) => {
  const keys = await openNodeKeys(await folderOf())
  const http = await controlPlane(answer)
  return {
    keys,
    client: createControlPlaneClient({
      http,
      node: () => id('nod'),
      nodeKey: keys.nodeKey,
      prefix: '/internal/v1',
      nowMs: () => 1_800_000_000_000,
    }),
  }
}

describe('the keys of an enforcement point', () => {
  it('are made once, private to their owner, and the same after a restart', async () => {
    const folder = await folderOf()
    const first = await openNodeKeys(folder)
    const second = await openNodeKeys(folder)
    expect(second.publicKey).toBe(first.publicKey)
    expect(second.leasePublicJwk).toEqual(first.leasePublicJwk)
    for (const name of ['node.key', 'lease.key'])
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  })
})

describe('joining', () => {
  it('goes on until it worked, and is remembered', async () => {
    const stateDir = await folderOf()
    const settings = { stateDir, answer: JoinAnswer, nowMs: () => 0, report: () => {} }
    let tries = 0
    const tryToJoin = async () => {
      tries += 1
      if (tries < 3) throw new Error('away')
      return { node: id('nod'), bundleKeys: [...KEYS] }
    }
    const identity = await openNodeIdentity({ ...settings, join: tryToJoin })
    expect(identity.node()).toBeNull()
    const stop = new AbortController()
    const joining = identity.keepJoined(stop.signal)
    await identity.whenJoined(stop.signal)
    expect([tries, identity.node()]).toEqual([3, id('nod')])
    await until(async () => (await readFile(`${stateDir}/node.json`, 'utf8').catch(() => '')) !== '')
    stop.abort()
    await joining
    const again = await openNodeIdentity({ ...settings, join: away })
    expect([again.node(), again.bundleKeys()]).toEqual([id('nod'), KEYS])
  })

  it('asks for keys every ten seconds at most, and again where the clock was set back', async () => {
    const clock = { nowMs: 1_800_000_000_000 }
    let asked = 0
    const identity = await openNodeIdentity({
      stateDir: await folderOf(),
      answer: JoinAnswer,
      nowMs: () => clock.nowMs,
      report: () => {},
      join: () => {
        asked += 1
        return Promise.reject(new Error('away'))
      },
    })
    for (const byMs of [0, 5000, 10_000, -3_600_000]) {
      clock.nowMs += byMs
      identity.askForKeys()
    }
    expect(asked).toBe(3)
  })
})

describe('a request to the control plane', () => {
  it('is signed over its method, its path with the query, its time and its body', async () => {
    const asked: Asked[] = []
    const { client, keys } = await clientFor((request, response) => {
      asked.push(request)
      response.end('{"heartbeat":"h","changes":[],"seq":4}')
    })
    await client.changes(3, 0, new AbortController().signal)
    await client.acknowledge({ tenant: 'acme', version: 1, outcome: 'applied', detail: '' })
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /internal/v1/changes?after=3&waitSeconds=0',
      'POST /internal/v1/acknowledgements',
    ])
    for (const { method, path, body, header } of asked) {
      const [node, atMs, signature] = header('writ-node').split('.')
      const bodySha256 = createHash('sha256').update(body).digest('base64url')
      const statement = nodeStatement({ method, path, atMs: Number(atMs), bodySha256 })
      expect([node, statementHolds(statement, signature ?? '', keys.publicKey)]).toEqual([id('nod'), true])
    }
  })

  it('tells no tenant from no answer', async () => {
    const { client } = await clientFor(({ path }, response) => {
      response.statusCode = path.endsWith('nobody') ? 404 : 500
      response.end('{}')
    })
    expect(await client.bundle('nobody')).toBeNull()
    await expect(client.bundle('acme')).rejects.toMatchObject({ name: 'ControlPlaneAway', status: 500 })
  })

  it('for a part of a roster names it by its tenant and its hash; one that there is not is no answer', async () => {
    const sha256 = 'a'.repeat(64)
    const { client } = await clientFor(({ path }, response) => {
      response.statusCode = path === `/internal/v1/bundles/acme/parts/${sha256}` ? 200 : 404
      response.end('{"part":"{}"}')
    })
    expect(await client.rosterPart('acme', sha256)).toBe('{}')
    await expect(client.rosterPart('other', sha256)).rejects.toMatchObject({ status: 404 })
  })

  it('takes nothing but what was agreed as an answer', async () => {
    const { client } = await clientFor((_, response) => response.end('{"bundle":7}'))
    await expect(client.bundle('acme')).rejects.toMatchObject({ name: 'ControlPlaneAway' })
  })
})
