import { describe, expect, it } from '@jest/globals'
import { byConnection } from './by-connection.ts'
import type { CatalogueTool } from './reach.ts'

const tool = (connection: string, name: string, more: Partial<CatalogueTool> = {}): CatalogueTool => ({
  connection,
  trust: 'external',
  tool: name,
  class: 'write.shared',
  classSource: 'admin',
  ...more,
})

describe('a catalogue by connection', () => {
  it('has every tool once, under its connection', () => {
    const inputSchema = { type: 'object' }
    const catalogue = [
      tool('github', 'push_files', { inputSchema }),
      tool('shop', 'refund', { class: 'money' }),
      tool('github', 'get_me'),
    ]
    expect(byConnection(catalogue)).toEqual([
      {
        connection: 'github',
        tools: [
          { name: 'push_files', class: 'write.shared', inputSchema },
          { name: 'get_me', class: 'write.shared', inputSchema: null },
        ],
      },
      { connection: 'shop', tools: [{ name: 'refund', class: 'money', inputSchema: null }] },
    ])
    expect(byConnection([])).toEqual([])
  })
})
