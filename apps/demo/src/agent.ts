import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { z } from 'zod'

/** One exchange between the agent and its proxy, as bytes on the wire: all that the agent can ever see. */
export type Exchange = {
  readonly request: string
  readonly response: Promise<string>
  readonly status: number
}

export type ToolAnswer =
  | { readonly kind: 'result'; readonly text: string }
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly reason: string }

export type Agent = {
  readonly call: (tool: string, args: Record<string, unknown>) => Promise<ToolAnswer>
  readonly tools: () => Promise<string[]>
  readonly exchanges: readonly Exchange[]
  readonly close: () => Promise<void>
}

/** An unmodified MCP client of the official SDK; only its wire is watched. */
export async function startAgent(url: string): Promise<Agent> {
  const exchanges: Exchange[] = []
  const client = new Client({ name: 'demo-agent', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: watched(exchanges) }))
  return {
    exchanges,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (tool, args) =>
      client.callTool({ name: tool, arguments: args }).then(
        (result) => ({ kind: 'result', text: JSON.stringify(result.content) }) as const,
        (error: unknown) => toolError(error),
      ),
    close: () => client.close(),
  }
}

function watched(exchanges: Exchange[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const headers = JSON.stringify([...new Headers(init?.headers)])
    const copy = response.clone()
    const seen = copy.text().then(
      (body) => JSON.stringify([...response.headers]) + body,
      () => '',
    )
    exchanges.push({
      request: `${headers}${typeof init?.body === 'string' ? init.body : ''}`,
      response: seen,
      status: response.status,
    })
    return response
  }
}

const RpcError = z.object({
  code: z.number().default(0),
  message: z.string().default(''),
  data: z.object({ reason: z.string().default('') }).default({ reason: '' }),
})

function toolError(error: unknown): ToolAnswer {
  const read = RpcError.safeParse(error)
  if (!read.success) return { kind: 'error', code: 0, message: String(error), reason: '' }
  const { code, message, data } = read.data
  return { kind: 'error', code, message, reason: data.reason }
}
