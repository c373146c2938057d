// Real MCP clients, as their makers publish them. Each calls one tool through the signing proxy and a gateway.

/**
 * `packages`: fetched into a folder of their own, where they are not installed with the project. `program`: a file of this folder, which
 * prints the tools and the answer; or `command`: a program of the packages. `version`: of the protocol that it comes to speak. `node`: the
 * package that brings a Node which is new enough, where ours is not.
 *
 * @type {Record<string, { title: string, version: string, packages?: string[], program?: string, command?: string, args?: string[], node?: { least: number[], package: string } }>}
 */
export const MCP_CLIENTS = {
  'sdk-1': { title: 'TypeScript SDK 1.32.2', program: 'sdk-1.mjs', version: '2025-11-25' },
  'sdk-2-legacy': sdk2('legacy', '2025-11-25'),
  'sdk-2-auto': sdk2('auto', '2026-07-28'),
  'sdk-2-modern': sdk2('modern', '2026-07-28'),
  langchain: {
    title: 'LangChain MCP adapters 1.1.4',
    packages: ['@langchain/mcp-adapters@1.1.4', '@langchain/core@1.4.0', '@langchain/langgraph@1.7.3'],
    program: 'langchain.mjs',
    version: '2025-11-25',
  },
  'openai-agents': {
    title: 'OpenAI Agents SDK 0.20.0',
    packages: ['@openai/agents@0.20.0', 'zod@4.6.7'],
    program: 'openai-agents.mjs',
    version: '2026-07-28',
  },
  'inspector-legacy': inspector('legacy', '2025-11-25'),
  'inspector-auto': inspector('auto', '2026-07-28'),
  'inspector-modern': inspector('modern', '2026-07-28'),
}

function sdk2(era, version) {
  return { title: `TypeScript SDK 2.4.0, ${era}`, program: 'sdk-2.mjs', args: [era], version }
}

function inspector(era, version) {
  return {
    title: `MCP Inspector 2.12.0, ${era}`,
    packages: ['@modelcontextprotocol/inspector@2.12.0'],
    node: { least: [22, 19], package: `node-${process.platform}-${process.arch}@22.23.3` },
    command: 'mcp-inspector',
    args: [
      '--cli {url} --transport http --protocol-era',
      era,
      '--method tools/call --tool-name greet --tool-arg name=Ada',
    ].flatMap((words) => words.split(' ')),
    version,
  }
}
