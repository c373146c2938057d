import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const client = new Client({ name: 'sdk-1', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])))
const { tools } = await client.listTools()
const answer = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } })
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), answer }))
await client.close()
