import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { describe, expect, it } from '@jest/globals'
import { CATALOGUE, classify } from '@writ/actions'
import { JsonSchema } from '@writ/contracts'
import type { Json } from '@writ/contracts'
import { definitionsIn } from '@writ/policy'
import { z } from 'zod'

const Answer = z.object({ id: z.number().optional(), result: JsonSchema.optional() })

/** What the official reference server lists to a client that can answer everything. */
async function toolsOfEverything(): Promise<Json> {
  const entry = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/dist/index.js',
  )
  const child = spawn(process.execPath, [entry, 'stdio'], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const say = (message: object) =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const capabilities = { roots: {}, sampling: {}, elicitation: { form: {}, url: {} } }
  const clientInfo = { name: 'spec', version: '1' }
  say({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities, clientInfo } })
  try {
    for await (const line of createInterface(child.stdout)) {
      const { id, result } = Answer.parse(JSON.parse(line))
      if (id === 1) {
        say({ method: 'notifications/initialized' })
        // The server adds the tools that need a client's abilities a moment after it is told.
        setTimeout(() => say({ id: 2, method: 'tools/list', params: {} }), 500)
      }
      if (id === 2 && result !== undefined) return result
    }
    throw new Error('the server ended')
  } finally {
    child.kill()
  }
}

describe('the catalogue that ships', () => {
  it('knows every tool of the official reference server by the pin of its definition', async () => {
    const definitions = definitionsIn('tools/list', await toolsOfEverything())
    const pins = definitions.map(({ name, pin }) => `${pin} ${name}`)
    expect(pins.filter((pin) => !CATALOGUE.has(pin.slice(0, 64)))).toEqual([])
    expect(definitions.length).toBe(CATALOGUE.size)
  })

  it('calls what reads the environment a credential, although its server calls it read-only', async () => {
    const found = definitionsIn('tools/list', await toolsOfEverything()).find(
      ({ name }) => name === 'get-env',
    )
    expect(found?.annotations).toMatchObject({ readOnlyHint: true })
    const message = { method: 'tools/call', connectionName: 'demo', toolClasses: {}, args: {} }
    const seen = { pin: found?.pin ?? null, annotations: found?.annotations ?? {} }
    expect(classify({ ...message, named: 'get-env', ...seen })).toMatchObject({
      class: 'credential',
      classSource: 'catalogue',
    })
  })
})
