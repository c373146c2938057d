import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import * as fc from 'fast-check'
import type { StreamEventBytes } from './event-stream.ts'
import { createEventSplitter, eventOf, MOST_LINES, splitEvents, StreamRefused } from './event-stream.ts'

const LIMITS = { maxBytes: 1000 }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

function split(chunks: readonly Uint8Array[]): [string, string | null][] {
  const splitter = createEventSplitter(LIMITS)
  const events = [...chunks.map((chunk) => splitter.push(chunk)), splitter.end()].flatMap(
    (given): readonly StreamEventBytes[] => {
      if (isRefusal(given)) throw new StreamRefused(given)
      return given
    },
  )
  return events.map(({ bytes, data }) => [textOf(bytes), data])
}
const splitText = (text: string): [string, string | null][] => split([bytesOf(text)])

describe('createEventSplitter', () => {
  it('gives each event with its own bytes and its data', () => {
    expect(splitText('event: message\nid: 1\ndata: {"a":1}\n\n: ping\n\ndata: x\n\n')).toEqual([
      ['event: message\nid: 1\ndata: {"a":1}\n\n', '{"a":1}'],
      [': ping\n\n', null],
      ['data: x\n\n', 'x'],
    ])
  })

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('knows lines that end in %s', (_, end) => {
    expect(splitText(`data: a${end}data: b${end}${end}data: c${end}${end}`)).toEqual([
      [`data: a${end}data: b${end}${end}`, 'a\nb'],
      [`data: c${end}${end}`, 'c'],
    ])
  })

  it.each(['\n', '\r\n', '\r'])('gives an event as soon as its blank line %j is there', (end) => {
    const splitter = createEventSplitter(LIMITS)
    expect(splitter.push(bytesOf(`data: a${end}${end}`))).toHaveLength(1)
  })

  it.each([
    ['data', ''],
    ['data:', ''],
    ['data:a', 'a'],
    ['data:  a', ' a'],
    ['data: a\ndata', 'a\n'],
    ['Data: a', null],
    [' data: a', null],
    ['dataset: a', null],
    ['id: 1\nretry: 5', null],
  ])('reads the fields of %j', (lines, data) => {
    expect(splitText(`${lines}\n\n`)).toEqual([[`${lines}\n\n`, data]])
  })

  it('skips a byte order mark at the start, as readers do', () => {
    expect(splitText('\ufeffdata: a\n\n')).toEqual([['\ufeffdata: a\n\n', 'a']])
  })

  it.each(['data: a\n\n\ufeffdata: b\n\n', ': a\n\ufeffdata: b\n\n', '\ufeff\ufeffdata: b\n\n'])(
    'refuses one before any other line, which some readers skip and some do not: %j',
    (text) => {
      const splitter = createEventSplitter(LIMITS)
      splitter.push(bytesOf(text))
      expect(splitter.fault()?.code).toBe('upstream_malformed')
    },
  )

  it('gives what is left at the end, to be judged too', () => {
    expect(splitText('data: a\n\ndata: cut')).toEqual([
      ['data: a\n\n', 'a'],
      ['data: cut', 'cut'],
    ])
  })

  it('refuses an event beyond the limit, finished or not', () => {
    const whole = createEventSplitter(LIMITS).push(bytesOf(`data: ${'x'.repeat(1000)}\n\n`))
    const endless = createEventSplitter(LIMITS)
    endless.push(bytesOf('x'.repeat(600)))
    expect(isRefusal(whole) && whole.code).toBe('upstream_too_large')
    const second = endless.push(bytesOf('x'.repeat(600)))
    expect(isRefusal(second) && second.code).toBe('upstream_too_large')
  })

  it('refuses an event of more lines than a reader should have to look at', () => {
    const limits = { maxBytes: 1024 * 1024 }
    const many = bytesOf(`data: {}\n${'id:a\n'.repeat(MOST_LINES)}\n`)
    const most = bytesOf(`data: {}\n${'id:a\n'.repeat(MOST_LINES - 3)}\n`)
    const refused = createEventSplitter(limits).push(many)
    expect(isRefusal(refused) && refused.code).toBe('upstream_too_large')
    const [event] = [createEventSplitter(limits).push(most)].flatMap((given) =>
      isRefusal(given) ? [] : given,
    )
    // Written again it is no more than is read again.
    const again = createEventSplitter(limits).push(eventOf(bytesOf('{"a":1}'), event?.bytes ?? bytesOf('')))
    expect(isRefusal(again)).toBe(false)
  })

  it('counts each event for itself', () => {
    const splitter = createEventSplitter(LIMITS)
    for (let n = 0; n < 5; n += 1)
      expect(splitter.push(bytesOf(`data: ${'x'.repeat(600)}\n\n`))).toHaveLength(1)
  })

  it('refuses bytes that are not UTF-8', () => {
    const refused = createEventSplitter(LIMITS).push(
      Buffer.concat([bytesOf('data: '), Buffer.from([0xff, 0x0a, 0x0a])]),
    )
    expect(isRefusal(refused) && refused.code).toBe('upstream_malformed')
  })

  it('keeps its events when the chunk that they came in is used again', () => {
    const chunk = bytesOf('data: a\n\n')
    const events = createEventSplitter(LIMITS).push(chunk)
    chunk.fill(0)
    expect(isRefusal(events) ? [] : events.map(({ bytes }) => textOf(bytes))).toEqual(['data: a\n\n'])
  })

  const stream = fc
    .array(
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        '\n\n',
        '\r\n\r\n',
        'data: ',
        'data',
        'id: 7',
        ': c',
        'é€😀',
        'x',
        '\ufeff',
      ),
      {
        maxLength: 40,
      },
    )
    .map((pieces) => pieces.join(''))
    .filter((text) => !/(?:[\r\n]|^\ufeff)\ufeff/.test(text))
    .map((text) => Buffer.from(text))

  it('gives the same events in any chunking, and all bytes again', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(60), { maxLength: 30 }), (whole, sizes) => {
        const chunked = split(chunksOf(whole, sizes))
        expect(chunked).toEqual(split([whole]))
        expect(chunked.map(([bytes]) => bytes).join('')).toBe(whole.toString('utf8'))
      }),
      { numRuns: 2000 },
    )
  })

  it('gives the same events byte by byte', () => {
    fc.assert(
      fc.property(stream, (whole) => {
        expect(split(chunksOf(whole, Array<number>(whole.length).fill(1)))).toEqual(split([whole]))
      }),
    )
  })

  it('gives the data that a reader line by line finds', () => {
    fc.assert(
      fc.property(stream, (whole) => {
        const dispatched = split([whole]).flatMap(([bytes, data]) =>
          data !== null && endsBlank(bytes) ? [data] : [],
        )
        expect(dispatched).toEqual(dataByTheStandard(whole.toString('utf8')))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('splitEvents', () => {
  it('gives the events of a byte stream in order', async () => {
    const events = await collected(splitEvents(sourceOf(['data: a\n', '\ndata: b\n\nda', 'ta: c']), LIMITS))
    expect(events.map(({ data }) => data)).toEqual(['a', 'b', 'c'])
  })

  it('gives an event before it asks for more', async () => {
    let asked = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked += 1
        yield bytesOf('data: a\n\n')
      }
    }
    for await (const event of splitEvents(source(), LIMITS)) if (event.data === 'a') break
    expect(asked).toBe(1)
  })

  it('ends in a StreamRefused when an event is too large', async () => {
    const events = collected(splitEvents(sourceOf(['x'.repeat(2000)]), LIMITS))
    await expect(events).rejects.toMatchObject({ refusal: { code: 'upstream_too_large' } })
  })
})

describe('eventOf', () => {
  it('replaces the data and keeps every other line', () => {
    const like = bytesOf(': note\r\nid: 3\r\nevent: message\r\ndata: {"a"\r\ndata: :1}\r\nretry: 10\r\n\r\n')
    expect(textOf(eventOf(bytesOf('{"b":2}'), like))).toBe(
      ': note\nid: 3\nevent: message\nretry: 10\ndata: {"b":2}\n\n',
    )
  })

  it('keeps data of several lines together', () => {
    const event = eventOf(bytesOf('a\nb\r\nc'), bytesOf('data: x\n\n'))
    expect(splitText(textOf(event))).toEqual([['data: a\ndata: b\ndata: c\n\n', 'a\nb\nc']])
  })

  it('drops old data behind a byte order mark', () => {
    expect(textOf(eventOf(bytesOf('new'), bytesOf('\ufeffdata: old\n\n')))).toBe('data: new\n\n')
  })
})

function chunksOf(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  let at = 0
  const chunks = sizes.map((size) => {
    at += size
    return whole.subarray(at - size, at)
  })
  return [...chunks, whole.subarray(at)]
}

async function collected(events: AsyncIterable<StreamEventBytes>): Promise<StreamEventBytes[]> {
  const all: StreamEventBytes[] = []
  for await (const event of events) all.push(event)
  return all
}

async function* sourceOf(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytesOf(text)
}

/** What was left at the end of a stream is no event for a reader. */
function endsBlank(bytes: string): boolean {
  const lines = bytes.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  return lines.at(-1) === '' && lines.at(-2) === ''
}

/** The interpretation of WHATWG HTML §9.2.6, line by line over the whole text. */
function dataByTheStandard(text: string): string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  const found: string[] = []
  let data: string[] | null = null
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      if (data) found.push(data.join('\n'))
      data = null
    } else if (line === 'data') data = [...(data ?? []), '']
    else if (line.startsWith('data:')) data = [...(data ?? []), line.slice(5).replace(/^ /, '')]
  }
  return found
}

describe('a chunk of very many events', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')

  function heldBytes(): number {
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }

  it('is taken apart as it is read: what waits for its reader stays as small as it came', async () => {
    const chunk = Buffer.alloc(256 * 1024, '\n')
    const before = heldBytes()
    const events = splitEvents(inOne(chunk), { maxBytes: 1000 })
    expect((await events.next()).value?.bytes).toHaveLength(1)
    expect(heldBytes() - before).toBeLessThan(4 * 1024 * 1024)
    let count = 1
    for await (const { bytes } of events) count += bytes.length
    expect(count).toBe(chunk.length)
  })
})

async function* inOne(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}
