import { childBench } from './child-bench.mjs'
import { result } from './figures.mjs'

/** CPU time of one decision at 100 policies / 500 rules, detectors included. */
export async function measure() {
  const [{ value, detail }] = await childBench(['policy', 'bench', 'decide.mjs'])
  return [
    result({
      name: 'decide',
      value,
      unit: 'us CPU',
      atMost: 200,
      detail: detail ? JSON.stringify(detail) : undefined,
    }),
  ]
}
