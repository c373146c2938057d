import { childBench } from './child-bench.mjs'
import { result } from './figures.mjs'

/** CPU time of the whole identity check of one request, against the one signature that it cannot do without. */
export async function measure() {
  const lines = await childBench(['identity', 'bench', 'verify.mjs'])
  return lines.map(({ name, value, peer, peerValue, detail }) =>
    result({
      name,
      value,
      unit: 'us CPU',
      atMost: 1.6,
      of: 'ratio',
      peer,
      peerValue,
      detail,
    }),
  )
}
