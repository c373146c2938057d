import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { statementHolds } from '@writ/audit'
import { JoinRequest } from '@writ/contracts'
import { openControlPlaneHttp, openNodeKeys } from '@writ/point'
import { id, KEYS } from '@writ/point/fixtures'
import { listenOn } from '@writ/runtime'
import { joinFleet } from './join.ts'
import { openLeaseStore } from './lease-store.ts'

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

const joinWith = (secret: string) => (asked: Asked, response: ServerResponse) => {
  const { nonce } = JoinRequest.parse(JSON.parse(asked.body))
  response.setHeader('writ-join', tagOf(secret, `${nonce}\n${ANSWER}`))
  response.end(ANSWER)
}

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
