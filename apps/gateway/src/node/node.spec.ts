import { createHash, createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { statementHolds } from '@writ/audit'
import { JoinRequest, nodeStatement } from '@writ/contracts'
import { listenOn } from '@writ/runtime'
import { until } from '../gate.fixture.ts'
import { id, KEYS } from '../sample.fixture.ts'
import { createControlPlaneClient } from './control-plane-client.ts'
import { openControlPlaneHttp } from './control-plane-http.ts'
import { joinFleet } from './join.ts'
import { openLeaseStore } from './lease-store.ts'
import { openNodeIdentity } from './node-identity.ts'
import { openNodeKeys } from './node-keys.ts'

const JOIN_SECRET = 'a join secret of thirty-two bytes or more'
const SETTINGS = { name: 'g', origin: 'https://gateway.example', build: 'test', joinSecret: JOIN_SECRET }
const ANSWER = JSON.stringify({ node: id('nod'), bundleKeys: KEYS })

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

const tagOf = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64url')

const away = () => Promise.reject(new Error('away'))

const joinWith = (secret: string) => (asked: Asked, response: ServerResponse) => {
  const { nonce } = JoinRequest.parse(JSON.parse(asked.body))
  response.setHeader('writ-join', tagOf(secret, `${nonce}\n${ANSWER}`))
  response.end(ANSWER)
}

const clientFor = async (answer: (asked: Asked, response: ServerResponse) => void) => {
  const keys = await openNodeKeys(await folderOf())
  const http = await controlPlane(answer)
  return {
    keys,
    client: createControlPlaneClient({
      http,
      node: () => id('nod'),
      nodeKey: keys.nodeKey,
      nowMs: () => 1_800_000_000_000,
    }),
  }
}

describe('the keys of a gateway', () => {
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
  it('proves the join secret without sending it, and takes the answer that proves it too', async () => {
    const keys = await openNodeKeys(await folderOf())
    const asked: Asked[] = []
    const http = await controlPlane((request, response) => {
      asked.push(request)
      joinWith(JOIN_SECRET)(request, response)
    })
    const answer = await joinFleet(http, keys, SETTINGS, 1_800_000_000_000)
    expect(answer.node).toBe(id('nod'))
    expect(asked[0]?.header('writ-join')).toBe(tagOf(JOIN_SECRET, asked[0]?.body ?? ''))
    expect(asked[0]?.body).not.toContain(JOIN_SECRET)
    expect(JoinRequest.parse(JSON.parse(asked[0]?.body ?? ''))).toMatchObject({
      publicKey: keys.publicKey,
      leaseKey: keys.leasePublicJwk,
      origin: 'https://gateway.example',
    })
  })

  it('proves the node key that it names', async () => {
    const keys = await openNodeKeys(await folderOf())
    const proofs: boolean[] = []
    const http = await controlPlane((request, response) => {
      proofs.push(statementHolds(request.body, request.header('writ-node-proof'), keys.publicKey))
      joinWith(JOIN_SECRET)(request, response)
    })
    await joinFleet(http, keys, SETTINGS, 1_800_000_000_000)
    expect(proofs).toEqual([true])
  })

  it('takes no answer from somebody who does not know the secret, nor an old one', async () => {
    const keys = await openNodeKeys(await folderOf())
    const impostor = await controlPlane(joinWith('another secret of the same length, guessed'))
    await expect(joinFleet(impostor, keys, SETTINGS, 0)).rejects.toThrow('does not prove')
    const replayed = await controlPlane((_, response) => {
      response.setHeader('writ-join', tagOf(JOIN_SECRET, `old-nonce\n${ANSWER}`))
      response.end(ANSWER)
    })
    await expect(joinFleet(replayed, keys, SETTINGS, 0)).rejects.toThrow('does not prove')
  })

  it('goes on until it worked, and is remembered', async () => {
    const stateDir = await folderOf()
    let tries = 0
    const tryToJoin = async () => {
      tries += 1
      if (tries < 3) throw new Error('away')
      return { node: id('nod'), bundleKeys: [...KEYS] }
    }
    const identity = await openNodeIdentity({ stateDir, join: tryToJoin, nowMs: () => 0, report: () => {} })
    expect(identity.node()).toBeNull()
    const stop = new AbortController()
    const joining = identity.keepJoined(stop.signal)
    await identity.whenJoined(stop.signal)
    expect([tries, identity.node()]).toEqual([3, id('nod')])
    await until(async () => (await readFile(`${stateDir}/node.json`, 'utf8').catch(() => '')) !== '')
    stop.abort()
    await joining
    const again = await openNodeIdentity({ stateDir, join: away, nowMs: () => 0, report: () => {} })
    expect([again.node(), again.bundleKeys()]).toEqual([id('nod'), KEYS])
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

  it('takes nothing but what was agreed as an answer', async () => {
    const { client } = await clientFor((_, response) => response.end('{"bundle":7}'))
    await expect(client.bundle('acme')).rejects.toMatchObject({ name: 'ControlPlaneAway' })
  })
})

describe('kept leases', () => {
  it('outlive a restart, are replaced by newer ones, and go when they have expired', async () => {
    const folder = await folderOf()
    const store = await openLeaseStore(folder, 0)
    await store.write('a', 'sealed-1', 1000)
    await store.write('a', 'sealed-2', 2000)
    await store.write('b', 'sealed-3', 500)
    const again = await openLeaseStore(folder, 600)
    expect([await again.read('a'), await again.read('b'), await again.read('c')]).toEqual([
      'sealed-2',
      null,
      null,
    ])
    await again.remove('a')
    expect(await again.read('a')).toBeNull()
    expect(await (await openLeaseStore(folder, 600)).read('a')).toBeNull()
  })
})
