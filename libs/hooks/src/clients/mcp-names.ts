import type { Envelope, McpName } from '../dialect.ts'

/**
 * `mcp__server__tool`. Where the client also says the server, that decides how long the server's part of the name is; a server's name may
 * hold the separator.
 */
export function doubleUnderscored({ tool, server }: Envelope): McpName | null {
  if (tool === null || !tool.startsWith('mcp__')) return null
  const rest = tool.slice('mcp__'.length)
  const beginning = server === null ? null : `${server.replaceAll(/[^A-Za-z0-9_-]/g, '_')}__`
  if (server !== null && beginning !== null && rest.startsWith(beginning))
    return { server, tool: rest.slice(beginning.length) }
  return parted(rest, '__')
}

/** `mcp_server_tool`, of clients that do not say the server: its name ends at the first separator. */
export function singleUnderscored({ tool }: Envelope): McpName | null {
  return tool?.startsWith('mcp_') ? parted(tool.slice('mcp_'.length), '_') : null
}

function parted(rest: string, separator: string): McpName | null {
  const at = rest.indexOf(separator)
  const [server, tool] = [rest.slice(0, at), rest.slice(at + separator.length)]
  return at > 0 && tool !== '' ? { server, tool } : null
}
