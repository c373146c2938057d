import { setFlagsFromString } from 'node:v8'

// V8 11 (Node 20) can end the whole process when it gives up optimised code that has a call into WebAssembly inlined ("unreachable code" in
// `Deoptimizer::DoComputeBuiltinContinuation`). Without inlining such a call costs some tens of nanoseconds more.
setFlagsFromString('--no-turbo-inline-js-wasm-calls')

/** What this room uses of cedar-wasm. */
export {
  formatPolicies,
  policyToJson,
  preparsePolicySet,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
