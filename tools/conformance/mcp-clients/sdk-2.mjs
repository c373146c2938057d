import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const [url, era] = process.argv.slice(2)
const mode = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } }[era]
const client = new Client({ name: `sdk-2-${era}`, version: '1.0.0' }, { versionNegotiation: { mode } })
await client.connect(new StreamableHTTPClientTransport(new URL(url)))
const { tools } = await client.listTools()
const answer = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } })
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), answer }))
await client.close()
