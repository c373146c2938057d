// The smallest MCP client that asks for the tools and calls the first, in the way of the protocol version that it is told.
import { createInterface } from 'node:readline'

const CLIENT = { name: 'writ-conformance', version: '1.0.0' }

/** @returns {Promise<boolean>} whether every request was answered with a result */
export async function converse({ input, output, version }) {
  const lines = createInterface({ input: output })[Symbol.asyncIterator]()
  const isOf2026 = version >= '2026-07-28'
  let id = 0

  const send = (message) => input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const ask = async (method, params = {}) => {
    id += 1
    send({ id, method, params: isOf2026 ? { ...params, _meta: metaOf(version) } : params })
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const answer = JSON.parse(line.value)
      if (answer.id === id && answer.method === undefined) return answer
    }
    return { error: { message: 'the proxy ended' } }
  }

  if (!isOf2026) {
    const begun = await ask('initialize', { protocolVersion: version, capabilities: {}, clientInfo: CLIENT })
    if (!hasResult(begun)) return false
    send({ method: 'notifications/initialized' })
  }
  const listed = await ask('tools/list')
  if (!hasResult(listed)) return false
  const tool = listed.result.tools[0]
  return tool === undefined || hasResult(await ask('tools/call', { name: tool.name, arguments: {} }))
}

const metaOf = (version) => ({
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': CLIENT,
  'io.modelcontextprotocol/clientCapabilities': {},
})

function hasResult({ result, error }) {
  if (error !== undefined) console.error(`the server refused: ${error.message}`)
  return result !== undefined
}
