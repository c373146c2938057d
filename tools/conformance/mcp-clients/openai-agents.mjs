// A whole run of an agent: the model is a script that wants one tool called, and then says what the tool said.
import { Agent, MCPServerStreamableHttp, run, setTracingDisabled, Usage } from '@openai/agents'

const [url] = process.argv.slice(2)
setTracingDisabled(true)
const server = new MCPServerStreamableHttp({ url, name: 'governed' })
await server.connect()
const offered = []
const model = {
  getResponse: async ({ input, tools }) => {
    const result = Array.isArray(input) && input.find(({ type }) => type === 'function_call_result')
    offered.push(...tools.map(({ name }) => name))
    const call = {
      type: 'function_call',
      callId: 'call-1',
      name: 'greet',
      arguments: '{"name":"Ada"}',
      status: 'completed',
    }
    const said = { type: 'output_text', text: JSON.stringify(result?.output ?? null) }
    const message = { type: 'message', role: 'assistant', status: 'completed', content: [said] }
    return { usage: new Usage(), output: [result ? message : call] }
  },
}
const agent = new Agent({ name: 'scripted', instructions: 'Greet.', model, mcpServers: [server] })
const { finalOutput } = await run(agent, 'Greet Ada.')
console.log(JSON.stringify({ tools: [...new Set(offered)], answer: finalOutput }))
await server.close()
