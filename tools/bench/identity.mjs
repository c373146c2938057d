// Proving callers, issuing tokens, revoking them, and replays, each as a whole over real sockets where sockets are part of it.
import { childBench } from './child-bench.mjs'
import { issuing } from './identity/issuing.mjs'
import { replays } from './identity/replays.mjs'
import { revocation } from './identity/revocation.mjs'
import { createRunning } from '../local/running.mjs'
import { result } from './figures.mjs'

export async function measure({ say, running }) {
  const [figures] = await childBench(['identity', 'bench', 'verifiers.mjs'])
  say('ten gateways: tokens, revocation, replays …')
  return [
    ...verifying(figures),
    ...(await alone(running, issuing)),
    ...(await alone(running, (own) => revocation(own, 1))),
    ...(await alone(running, (own) => revocation(own, 3))),
    ...(await alone(running, (own) => revocation(own, 10))),
    ...(await alone(running, replays)),
  ]
}

/** Each part has a platform of its own, which is gone before the next one starts. */
async function alone(running, part) {
  const own = createRunning()
  running.add('a part of the benchmark', () => own.stopAll())
  try {
    return await part(own)
  } finally {
    await own.stopAll()
  }
}

function verifying({ cached, uncached, jose, oauth4webapi }) {
  const usual = ['jose with EmbeddedJWK', jose]
  const ready = ['oauth4webapi', oauth4webapi]
  return [
    result({ ...row('identity.cached', cached, usual), atMost: 0.2 }),
    result({ ...row('identity.cached.oauth', cached, ready), atMost: 0.2 }),
    result(row('identity.uncached', uncached, usual)),
    result(row('identity.uncached.oauth', uncached, ready)),
  ]
}

const row = (name, value, [peer, peerValue]) => ({
  name,
  value,
  unit: 'us CPU',
  of: 'ratio',
  peer,
  peerValue,
  detail: 'token, proof, binding and claims of one request; ours checks replay and revocation too',
})
