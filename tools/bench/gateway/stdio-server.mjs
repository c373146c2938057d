// A server on stdio with the tool of the lean upstream, on the official SDK: what a bridge to stdio starts.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'
import { PROSE } from './content.mjs'

const content = [{ type: 'text', text: PROSE.repeat(5).slice(0, 920) }]
const server = new McpServer({ name: 'bench', version: '1' })
const inputSchema = { order: z.string(), note: z.string() }
server.registerTool('lookup_order', { description: 'Reads one order.', inputSchema }, () => ({ content }))
await server.connect(new StdioServerTransport())
