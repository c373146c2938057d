import { MultiServerMCPClient } from '@langchain/mcp-adapters'

const [url] = process.argv.slice(2)
const client = new MultiServerMCPClient({ mcpServers: { governed: { transport: 'http', url } } })
const tools = await client.getTools()
const answer = await tools.find(({ name }) => name === 'greet').invoke({ name: 'Ada' })
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), answer }))
await client.close()
