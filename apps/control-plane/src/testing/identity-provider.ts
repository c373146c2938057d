import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import type { Adapter, AdapterPayload, ClientMetadata } from 'oidc-provider'

/** What the provider says of somebody besides who they are. */
export type Account = { readonly email?: string; readonly email_verified?: boolean; readonly name?: string }

/** A real identity provider on loopback. Whoever types a name at its login page is that subject. */
export type IdentityProvider = {
  readonly issuer: string
  readonly accounts: Map<string, Account>
  readonly addClient: (client: ClientMetadata) => void
  /** a token signed with the key that its key set shows */
  readonly sign: (claims: JWTPayload, header?: Readonly<Record<string, string>>) => Promise<string>
  readonly close: () => Promise<void>
}

/**
 * @param reach where it finds what it calls back
 * @param host a name of this machine
 * @param isTalkative whether its ID tokens say what others say only when they are asked for it
 */
export async function givenIdentityProvider(
  reach: (url: string) => string = (url) => url,
  host = '127.0.0.1',
  isTalkative = false,
): Promise<IdentityProvider> {
  withoutItsNotices()
  // It warns of its surroundings as soon as it is loaded.
  const { Provider } = await import('oidc-provider')
  const server = createServer()
  const issuer = `http://${host}:${await listen(server)}`
  const key = newKey()
  const accounts = new Map<string, Account>()
  const clients = new Map<string, AdapterPayload>()
  const provider = new Provider(issuer, {
    adapter: adapterWith(clients),
    jwks: { keys: [{ ...key.export({ format: 'jwk' }), kid: 'idp', use: 'sig', alg: 'RS256' }] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) }),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: !isTalkative,
    features: { backchannelLogout: { enabled: true } },
    cookies: { keys: ['only for specs'] },
    // Its own dispatcher refuses to reach this machine, where everything of a spec is.
    fetch: (url, options) =>
      fetch(
        reach(typeof url === 'string' ? url : url instanceof URL ? url.href : url.url),
        Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => name !== 'dispatcher')),
      ),
  })
  const answer = provider.callback()
  server.on('request', (request, response) => void answer(request, response))
  return {
    issuer,
    accounts,
    addClient: (client) => void clients.set(client.client_id, client),
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'idp', ...header }).sign(key),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

// It tells its operator what to set up before production, on the console and at each first use.
function withoutItsNotices(): void {
  for (const name of ['info', 'warn'] as const) {
    const say = console[name].bind(console)
    console[name] = (...words: unknown[]) => {
      if (!/oidc-provider (?:NOTICE|WARNING)/.test(String(words[0]))) say(...words)
    }
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

// By way of PEM: exporting a key object that was just made can hang this Node.
function newKey(): KeyObject {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return createPrivateKey(privateKey)
}

/** Memory, with clients that come later. */
function adapterWith(clients: ReadonlyMap<string, AdapterPayload>): new (name: string) => Adapter {
  const kept = new Map<string, AdapterPayload>()
  return class implements Adapter {
    readonly #name: string

    constructor(name: string) {
      this.#name = name
    }

    find(id: string) {
      return Promise.resolve(this.#name === 'Client' ? clients.get(id) : kept.get(this.#keyOf(id)))
    }

    findByUid(uid: string) {
      return Promise.resolve([...kept.values()].find((payload) => payload.uid === uid))
    }

    findByUserCode() {
      return Promise.resolve(undefined)
    }

    upsert(id: string, payload: AdapterPayload) {
      kept.set(this.#keyOf(id), payload)
      return Promise.resolve()
    }

    consume(id: string) {
      const payload = kept.get(this.#keyOf(id))
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
      return Promise.resolve()
    }

    destroy(id: string) {
      kept.delete(this.#keyOf(id))
      return Promise.resolve()
    }

    revokeByGrantId(grant: string) {
      for (const [key, payload] of kept) if (payload.grantId === grant) kept.delete(key)
      return Promise.resolve()
    }

    #keyOf(id: string): string {
      return `${this.#name}:${id}`
    }
  }
}
