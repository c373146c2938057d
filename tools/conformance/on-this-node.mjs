// Preloaded into the suite. It takes `globSync` from node:fs, which Node 20 does not have and the scenarios do not use; its servers would
// listen on every interface of the machine; and its client for authorities needs the keys of an agent (lent-keys.mjs).
import { register } from 'node:module'
import { Server } from 'node:net'

const isLent = process.env.WRIT_CONFORMANCE_AGENT !== undefined
const LENT_KEYS = new URL('lent-keys.mjs', import.meta.url).href
register(`data:text/javascript,${encodeURIComponent(hooks())}`)

// Not through `listen`, which looks a host up first: the suite reads the port at once.
const bind = Server.prototype._listen2
Server.prototype._listen2 = function bindLoopback(address, port, family, ...rest) {
  return bind.call(this, address ?? '127.0.0.1', port, address === null ? 4 : family, ...rest)
}

function hooks() {
  return `
    const FS = "import * as fs from 'node:fs'; export * from 'node:fs'; export default fs.default; " +
      "export const globSync = fs.globSync ?? (() => { throw new Error('Node 20 has no globSync') })"
    let suite
    export const resolve = (name, context, next) => {
      const isSuite = context.parentURL?.includes('/@modelcontextprotocol/conformance/dist/')
      if (isSuite) suite = context.parentURL
      if (isSuite && /^(node:)?fs$/.test(name)) return { url: 'suite:fs', shortCircuit: true, format: 'module' }
      if (isSuite && name === 'undici' && ${isLent}) return next(${JSON.stringify(LENT_KEYS)}, context)
      if (name === '#suite-undici') return next('undici', { ...context, parentURL: suite })
      return next(name, context)
    }
    export const load = (url, context, next) =>
      url === 'suite:fs' ? { format: 'module', shortCircuit: true, source: FS } : next(url, context)`
}
