// Cost of proving one caller: a full check with the access token cached, against the bare ES256 verification in it.
// `node libs/identity/bench/verify.mjs` after `npx tsc -b libs/identity`. CPU time, one thread, interleaved rounds.
import { verify } from 'node:crypto'
import { readCompactJws } from '../dist/compact-jws.js'
import { givenWorld, presentedBy } from '../dist/given-world.suite.js'
import { importPublicJwk, publicJwkOf } from '../dist/keys.js'
import { createMemoryReplayGuard } from '../dist/memory-replay-guard.js'
import { forge } from '../dist/negative/attack-kit.js'
import { verifyPresented } from '../dist/verify-presented.js'

const ROUNDS = 21
const PER_ROUND = 400

const { kit, trust, clock } = givenWorld()
const nonces = { required: false, check: () => 'invalid', current: () => '' }
const requests = Array.from({ length: ROUNDS * PER_ROUND + 1 }, () => presentedBy(forge(kit, kit.newJti())))
const key = importPublicJwk(publicJwkOf(kit.sessionKey))
const signed = requests.slice(0, PER_ROUND).map(({ dpop }) => readCompactJws(dpop[0]))
const ports = { replay: createMemoryReplayGuard(() => clock.nowMs), nonces, nowMs: clock.nowMs }

let next = 0
const fullCheck = async () => {
  const proven = await verifyPresented(requests[next], trust, ports)
  next += 1
  if (!('keyThumbprint' in proven)) throw new Error(proven.detail)
}
const bareVerify = (at) => {
  const { signingInput, signature } = signed[at]
  if (!verify('sha256', signingInput, { key, dsaEncoding: 'ieee-p1363' }, signature))
    throw new Error('does not hold')
}

const microsPer = async (work) => {
  const before = process.cpuUsage()
  for (let at = 0; at < PER_ROUND; at += 1) await work(at)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / PER_ROUND
}

await fullCheck()
const full = []
const bare = []
for (let round = 0; round < ROUNDS; round += 1) {
  full.push(await microsPer(fullCheck))
  bare.push(await microsPer(bareVerify))
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const value = Number(median(full).toFixed(1))
const es256 = Number(median(bare).toFixed(1))
console.log(
  JSON.stringify({
    name: 'verify',
    unit: 'us',
    value,
    peer: 'bare ES256 verify',
    peerValue: es256,
    ratio: Number((value / es256).toFixed(2)),
  }),
)
