import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { callerOf } from '@writ/point/fixtures'
import { edited, spanAt, spansOf, stringIn, textIn } from '@writ/mcp'
import { plainPieces, rewritten } from './events.ts'
import { merged } from './merge.ts'
import { composedMark, composedName, composedUri, parted, partedMark, partedUri } from './names.ts'
import { toAgent, unwrapped, withTexts } from './rewrite.ts'
import { createCompositionSeal } from './seal.ts'

const slug = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
const anyName = fc.oneof(
  fc.string(),
  fc.stringMatching(/^[a-zA-Z0-9_.-]{1,80}$/),
  fc.string({ unit: 'binary' }),
)

describe('names of a composed server', () => {
  it('fit the rule of model APIs, whatever a server calls its tools', () => {
    fc.assert(
      fc.property(slug, anyName, (connection, name) =>
        /^[a-zA-Z0-9_-]{1,64}$/.test(composedName(connection, name)),
      ),
    )
  })

  it('are never those of two tools', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(slug, anyName), {
          selector: (pair) => JSON.stringify(pair),
          minLength: 2,
          maxLength: 30,
        }),
        (pairs) => {
          const names = pairs.map(([connection, name]) => composedName(connection, name))
          expect(new Set(names).size).toBe(names.length)
        },
      ),
    )
    // what one connection could call a tool to look like another's, or like one that was shortened
    const short = composedName('a', 'x y')
    for (const [connection, name, other, tool] of [
      ['a', '_b', 'a', 'b'],
      ['a-', 'x', 'a', '-x'],
      ['a', short.slice(2), 'a', 'x y'],
      ['a', short.slice(3), 'a', 'x y'],
      [`${'a'.repeat(20)}1`, 'x y', `${'a'.repeat(20)}2`, 'x y'],
    ] as const)
      expect(composedName(connection, name)).not.toBe(composedName(other, tool))
  })

  it('come apart as they were put together, or say that they were shortened', () => {
    fc.assert(
      fc.property(slug, anyName, (connection, name) => {
        const parts = parted(composedName(connection, name))
        expect(parts).toEqual(
          parts?.kind === 'plain'
            ? { kind: 'plain', connection, name }
            : { kind: 'short', connectionHead: connection.slice(0, 20) },
        )
      }),
    )
    for (const stranger of ['', 'echo', '_a', '__a', 'search_tools', 'call_tool', 'files_short_x', 'FILES_x'])
      expect(parted(stranger)).toBeNull()
  })

  it('take URIs and ids to the letter, and tell a number from a text', () => {
    fc.assert(
      fc.property(slug, fc.string(), (connection, uri) => {
        expect(partedUri(composedUri(connection, uri))).toEqual({ connection, uri })
        expect(partedMark(composedMark(connection, uri))).toEqual({ connection, mark: uri })
      }),
    )
    fc.assert(
      fc.property(slug, fc.maxSafeInteger(), (connection, mark) =>
        expect(partedMark(composedMark(connection, mark))).toEqual({
          connection,
          mark: Object.is(mark, -0) ? 0 : mark,
        }),
      ),
    )
    for (const stranger of ['1', 'files:1', 'files:n:01', 'files:n:', 'files:x:1', null, 7])
      expect(partedMark(stranger)).toBeNull()
    for (const stranger of ['note://one', 'writ+files', 'writ:note', 'WRIT+files:a'])
      expect(partedUri(stranger)).toBeNull()
  })
})

const memberOf = (sessionId: string) => ({ connection: 'files', version: '2025-11-25', sessionId })

describe('values that an agent brings back', () => {
  const seal = createCompositionSeal('a join secret of some length, shared')
  const bearer = callerOf()
  const other = callerOf({ agent: { ...bearer.agent, id: `agt_${'1'.repeat(26)}` } })

  it('are opened for the caller that they were given to, by any gateway, and for nobody else', () => {
    const sealed = seal.seal('task', { connection: 'files', value: 'task-7' }, bearer)
    expect(
      createCompositionSeal('a join secret of some length, shared').open('task', sealed, bearer),
    ).toEqual({
      connection: 'files',
      value: 'task-7',
    })
    expect(seal.open('task', sealed, other)).toBeNull()
    expect(
      createCompositionSeal('another join secret, of some length').open('task', sealed, bearer),
    ).toBeNull()
    expect(seal.openSession(sealed, bearer)).toBeNull()
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
      expect(seal.open('task', changed, bearer)).toBeNull()
    }
  })

  it('are sealed alike each time, so that a client knows its task again', () => {
    expect(seal.seal('task', { connection: 'files', value: 'task-7' }, bearer)).toBe(
      seal.seal('task', { connection: 'files', value: 'task-7' }, bearer),
    )
    expect(seal.seal('task', { connection: 'files', value: 'task-7' }, bearer)).not.toBe(
      seal.seal('task', { connection: 'notes', value: 'task-7' }, bearer),
    )
    expect(seal.seal('task', { connection: 'files', value: 'task-7' }, bearer)).not.toBe(
      seal.seal('task', { connection: 'files', value: 'task-7' }, other),
    )
  })

  it('are small enough for a header, or not given', () => {
    const session = seal.sealSession([memberOf('s')], bearer) ?? ''
    expect(seal.openSession(session, callerOf({ keyThumbprint: 'another key' }))).toBeNull()
    expect(seal.openSession(session, bearer)).toEqual([memberOf('s')])
    expect(
      seal.sealSession(
        Array.from({ length: 40 }, () => memberOf('s'.repeat(300))),
        bearer,
      ),
    ).toBeNull()
  })
})

describe('rewriting single texts of a message', () => {
  it('keeps every other byte: numbers that no reader can hold, order, spelling', () => {
    const text =
      '{ "jsonrpc":"2.0", "id":1e0, "result":{"n":9007199254740993,"f":1.10, "requestState" : "s\\u0031" ,"content":[{"type":"resource_link","uri":"a:b"},{"type":"text","text":"a:b"}]}}'
    const written = toAgent(text, {
      connection: 'files',
      sealTask: (task) => `<${task}>`,
      sealState: (state) => `<${state}>`,
    })
    expect(written).toBe(
      text.replace('"s\\u0031"', '"<s1>"').replace('"uri":"a:b"', '"uri":"writ+files:a:b"'),
    )
    expect(edited(text, [])).toBe(text)
  })

  it.each([
    [
      '{"jsonrpc":"2.0","id":0,"method":"sampling/createMessage","params":{"_meta":{"progressToken":7}}}',
      '{"jsonrpc":"2.0","id":"files:n:0","method":"sampling/createMessage","params":{"_meta":{"progressToken":"files:n:7"}}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"0"}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"files:s:0"}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}',
      '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"writ+files:a:b"}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"taskId":"t"}}',
      '{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"taskId":"<t>"}}',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t"}}}',
      '{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"<t>"}}}',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"t"}}',
      '{"jsonrpc":"2.0","id":1,"result":{"resultType":"task","taskId":"<t>"}}',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"result":{"messages":[{"content":{"type":"resource","resource":{"uri":"a:b"}}}]}}',
      '{"jsonrpc":"2.0","id":1,"result":{"messages":[{"content":{"type":"resource","resource":{"uri":"writ+files:a:b"}}}]}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7}}',
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"t","result":{"content":[{"type":"resource_link","uri":"a:b"}]}}}',
      '{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"<t>","result":{"content":[{"type":"resource_link","uri":"writ+files:a:b"}]}}}',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"result":{"taskId":"t","result":{"content":[{"type":"resource_link","uri":"a:b"}]}}}',
      '{"jsonrpc":"2.0","id":1,"result":{"taskId":"<t>","result":{"content":[{"type":"resource_link","uri":"writ+files:a:b"}]}}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"resourceSubscriptions":["a:b"],"taskIds":["t"]}}}',
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"resourceSubscriptions":["writ+files:a:b"],"taskIds":["<t>"]}}}',
    ],
    // what a server asks about tasks is about those of its client
    [
      '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}',
      '{"jsonrpc":"2.0","id":"files:n:1","method":"tasks/get","params":{"taskId":"t"}}',
    ],
  ])('writes %s for the agent', (text, written) => {
    expect(
      toAgent(text, {
        connection: 'files',
        sealTask: (task) => `<${task}>`,
        sealState: (state) => `<${state}>`,
      }),
    ).toBe(written)
  })

  it('puts the arguments of a call in the place of those of its stand-in, as they were written', () => {
    const call =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"call_tool","arguments":{"name":"a__b","arguments":{ "n": 1.0 }}}}'
    expect(unwrapped(call, 'b')).toBe(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"b","arguments":{ "n": 1.0 }}}',
    )
    expect(unwrapped('{"params":{"name":"call_tool","arguments":{"name":"a__b"}}}', 'b')).toBe(
      '{"params":{"name":"b","arguments":{}}}',
    )
    expect(withTexts('{"params":{"uri":"x"}}', [{ path: ['params', 'name'], value: 'y' }])).toBe(
      '{"params":{"uri":"x"}}',
    )
  })

  it('cannot be made to write more than one value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const text = withTexts('{"params":{"name":"x","arguments":{}}}', [
          { path: ['params', 'name'], value: name },
        ])
        const root = spansOf(text)
        expect(Object.keys(JSON.parse(text).params)).toEqual(['name', 'arguments'])
        expect(textIn(text, spanAt(root, 'params', 'arguments') ?? root)).toBe('{}')
        expect(stringIn(text, spanAt(root, 'params', 'name'))).toBe(JSON.parse(JSON.stringify(name)))
      }),
    )
  })

  it('says in an event id which connection the event came from', () => {
    expect(written('id: 7\nevent: message\ndata: {"a":1}\n\n')).toBe(
      'id: files:7\nevent: message\ndata: {"A":1}\n\n',
    )
    expect(written(': a comment with id: 7\n\n')).toBe(': a comment with id: 7\n\n')
    expect(written('id:7\r\ndata: \r\n\r\n')).toBe('id:files:7\r\ndata: \r\n\r\n')
  })
})

const written = (text: string) =>
  Buffer.from(rewritten(Buffer.from(text), 'files', (data) => data.toUpperCase())).toString()

const source = (words: readonly string[], log: string[] = []) => {
  const over = new AbortController()
  async function* frames() {
    try {
      for (const word of words) {
        log.push(`read ${word}`)
        yield Buffer.from(word)
      }
      await new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve()))
    } finally {
      log.push('closed')
    }
  }
  return { frames: frames(), stop: () => over.abort() }
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x')
  throw new Error('broken off')
}

const passing = async (...pieces: readonly string[]): Promise<readonly string[]> => {
  async function* frames() {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  const passed: string[] = []
  for await (const piece of plainPieces(frames())) passed.push(Buffer.from(piece).toString())
  return passed
}

describe('pieces of a stream that stand by themselves', () => {
  it('lose a byte order mark where the stream begins, and are dropped where one hides a line', async () => {
    expect(await passing('\uFEFFdata: 1\n\n', 'data: 2\n\n')).toEqual(['data: 1\n\n', 'data: 2\n\n'])
    expect(await passing(': a\n\n', '\uFEFFdata: 2\n\n', 'data: 3\n\n')).toEqual([': a\n\n', 'data: 3\n\n'])
    expect(await passing('data: 1\r\uFEFFdata: 2\r\r')).toEqual([])
    expect(await passing('data: a \uFEFF b\n\n')).toEqual(['data: a \uFEFF b\n\n'])
  })
})

describe('several streams as one', () => {
  it('come as they come, none before the others, and one piece ahead of the reader at most', async () => {
    const log: string[] = []
    const stream = merged([source(['a1', 'a2', 'a3'], log), source(['b1', 'b2'], log)])
    const heard: string[] = []
    for await (const frame of stream) {
      heard.push(Buffer.from(frame).toString())
      if (heard.length === 1) expect(log.length).toBeLessThanOrEqual(3)
      if (heard.length === 5) break
    }
    expect(heard.slice(0, 2).toSorted()).toEqual(['a1', 'b1'])
    expect(heard.filter((word) => word.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
  })

  it('are all closed when nobody reads on, also those that say nothing', async () => {
    const log: string[] = []
    const stream = merged([source(['a'], log), source([], log)])
    await stream.next()
    await stream.return(undefined)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(log.filter((line) => line === 'closed')).toHaveLength(2)
  })

  it('go on without one that fails', async () => {
    const one = source(['a'])
    const heard: string[] = []
    for await (const frame of merged([{ frames: failing(), stop: () => undefined }, one])) {
      heard.push(Buffer.from(frame).toString())
      if (heard.length === 2) setTimeout(one.stop, 10)
    }
    expect(heard.toSorted()).toEqual(['a', 'x'])
  })
})
