// The whole check of one request, with the access token known and unknown, beside what one would write with the usual libraries.
// `node libs/identity/bench/verifiers.mjs` after `npx tsc -b libs/identity`. CPU time, one thread, interleaved rounds.
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, importJWK, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { givenWorld, presentedBy } from '../dist/given-world.suite.js'
import { issueAccessToken } from '../dist/issue-access-token.js'
import { publicJwkOf } from '../dist/keys.js'
import { createMemoryReplayGuard } from '../dist/memory-replay-guard.js'
import { forge } from '../dist/negative/attack-kit.js'
import { verifyPresented } from '../dist/verify-presented.js'

const ROUNDS = 15
const PER_ROUND = 120

const { kit, trust, clock, claims } = givenWorld()
const { signer } = kit.authority
const nonces = { required: false, check: () => 'invalid', current: () => '' }
const ports = { replay: createMemoryReplayGuard(() => clock.nowMs), nonces, nowMs: clock.nowMs }
const authorityJwk = { ...publicJwkOf(signer.privateKey), kid: signer.kid, alg: 'ES256', use: 'sig' }
const authorityKey = await importJWK(authorityJwk, 'ES256')

const withKnownToken = () => forge(kit, kit.newJti())
const withNewToken = () => {
  const accessToken = issueAccessToken({ ...claims, jti: kit.newJti() }, signer)
  return forge({ ...kit, accessToken }, kit.newJti())
}

async function ours(wire) {
  const proven = await verifyPresented(presentedBy(wire), trust, ports)
  if (!('keyThumbprint' in proven)) throw new Error(proven.detail)
}

/** What a careful engineer writes with jose: both signatures, the binding, the claims. Replay and revocation would come on top. */
async function withJose({ headers, verb, url }) {
  const [[, authorization], [, proof]] = headers
  const token = authorization.slice('DPoP '.length)
  const currentDate = new Date(clock.nowMs)
  const access = await jwtVerify(token, authorityKey, {
    issuer: claims.iss,
    audience: url,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    currentDate,
  })
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
    currentDate,
  })
  const ath = createHash('sha256').update(token).digest('base64url')
  const isBound = (await calculateJwkThumbprint(protectedHeader.jwk)) === access.payload.cnf.jkt
  if (!isBound || payload.htm !== verb || payload.htu !== url || payload.ath !== ath)
    throw new Error('does not hold')
}

const AUTHORITY = { issuer: claims.iss, jwks_uri: `${claims.iss}/jwks` }
const skewSeconds = Math.round((clock.nowMs - Date.now()) / 1000)
const jwks = { keys: [authorityJwk] }

async function withOauth4webapi({ headers, verb, url }) {
  const request = new Request(url, { method: verb, headers })
  await oauth.validateJwtAccessToken(AUTHORITY, request, url, {
    requireDPoP: true,
    signingAlgorithms: ['ES256'],
    [oauth.clockSkew]: skewSeconds,
    [oauth.jwksCache]: { jwks, uat: Math.floor(Date.now() / 1000) },
  })
}

const CHECKS = {
  cached: [ours, withKnownToken],
  uncached: [ours, withNewToken],
  jose: [withJose, withNewToken],
  oauth4webapi: [withOauth4webapi, withNewToken],
}

async function microsPer(check, requests) {
  const before = process.cpuUsage()
  for (const request of requests) await check(request)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requests.length
}

const samples = Object.fromEntries(Object.keys(CHECKS).map((name) => [name, []]))
await ours(withKnownToken())
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, [check, make]] of Object.entries(CHECKS))
    samples[name].push(await microsPer(check, Array.from({ length: PER_ROUND }, make)))

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const figures = Object.fromEntries(
  Object.entries(samples).map(([name, values]) => [name, Number(median(values).toFixed(1))]),
)
console.log(JSON.stringify(figures))
