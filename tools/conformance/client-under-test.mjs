// The client under test: what runs at a user of the signing proxy, against the server of a scenario. The suite gives the server's address
// as the last argument, and the client's credentials, where it has some, by environment. An MCP client of a few lines speaks over the pipe;
// everything on the network is done by the proxy (apps/cli/src/proxy) and the agent library (libs/identity/src/agent).
import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { createResourceSession, discoverResource, generateKeyPem, importPrivatePem } from '@writ/identity'
import { serveStdio } from '../../apps/cli/dist/proxy/stdio.js'
import { converse } from './mcp-client.mjs'

/** Where the document about a client stands that the scenarios expect; they do not fetch it. */
const METADATA_URL = 'https://conformance-test.local/client-metadata.json'
const REDIRECT_URI = 'http://127.0.0.1:1/callback'
const url = process.argv.at(-1)
const ports = { fetch, nowMs: Date.now, randomBytes }
const { MCP_CONFORMANCE_CONTEXT: context = '{}', MCP_CONFORMANCE_PROTOCOL_VERSION: version } = process.env

const known = await credentialsIn(JSON.parse(context))
const session = createResourceSession({
  url,
  sessionKey: generateKeyPem().privateKey,
  ports,
  client: known.client ?? { kind: 'unknown', name: 'Writ', metadataUrl: METADATA_URL },
  ...(known.actsForItself ? {} : { browser: { redirectUri: REDIRECT_URI, visit } }),
})

const input = new PassThrough()
const output = new PassThrough()
const served = serveStdio(
  { url, send: session.fetch },
  { input, output, note: (text) => console.error(text) },
)
const wentWell = await converse({ input, output, version })
input.end()
await served
process.exit(wentWell ? 0 : 1)

/** What a scenario gives: a key or a secret. Whose secret it is it does not say, so that is asked of the server, as no user should. */
async function credentialsIn({ client_id: clientId, client_secret: secret, private_key_pem: pem }) {
  const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? ''
  const actsForItself = scenario.startsWith('auth/client-credentials')
  if (pem !== undefined)
    return { actsForItself, client: { kind: 'key', clientId, key: importPrivatePem(pem) } }
  if (secret === undefined) return { actsForItself }
  const { authorization_servers: servers } = await discoverResource(url, null, ports)
  return { actsForItself, client: { kind: 'secret', clientId, secret, issuer: servers[0] } }
}

/** The human of a scenario agrees at once, and the browser is sent back. */
async function visit(page) {
  const answer = await fetch(page, { redirect: 'manual' })
  const target = answer.headers.get('location')
  if (target === null) throw new Error(`the page answered ${answer.status} and sent the browser nowhere`)
  return new URL(target, page).href
}
