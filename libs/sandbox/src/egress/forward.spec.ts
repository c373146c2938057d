import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { closeAll, givenProxy, givenServer, say, textOf, tunnel } from './given-proxy.suite.ts'

const servers: Server[] = []
afterEach(async () => {
  await closeAll()
  for (const server of servers.splice(0)) server.close()
})

const listed = (port: number) => ({ host: 'a.example', port, mayBePrivate: true })
const hidden = 'DELETE /hidden HTTP/1.1\r\nhost: a.example\r\n\r\n'
const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server that listens on a port has one
  return (server.address() as AddressInfo).port
}

describe('what a request carries', () => {
  it.each([
    ['in chunks', 'connection: close\r\ntransfer-encoding: chunked', chunked(hidden)],
    ['by its length', `connection: close\r\ncontent-length: ${hidden.length}`, hidden],
    [
      'by a length that it calls its hop’s own',
      `connection: close, content-length\r\ncontent-length: ${hidden.length}`,
      hidden,
    ],
  ])('%s stays its body, and becomes no request that nobody judged', async (_how, fields, body) => {
    const { port, heard } = await givenServer({})
    const { asked, path } = await givenProxy({ rules: [listed(port)] })
    for (const verb of ['GET', 'DELETE', 'POST'])
      await say(
        path,
        `${verb} http://a.example:${port}/seen HTTP/1.1\r\nhost: a.example:${port}\r\n${fields}\r\n\r\n${body}`,
      )
    expect(heard.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
      'GET /seen',
      'DELETE /seen',
      'POST /seen',
    ])
    expect(heard.map((one) => one.body)).toEqual([hidden, hidden, hidden])
    expect(asked).toHaveLength(3)
  })
})

describe('a tunnel', () => {
  it('that whoever is inside leaves without a word is told as none of TLS', async () => {
    const { port } = await givenServer({})
    const { asked, path } = await givenProxy({ rules: [listed(port)] })
    const { socket } = await tunnel(path, `a.example:${port}`)
    socket.end()
    await textOf(socket)
    expect(asked[1]?.refusal).toMatch(/does not carry TLS/)
  })

  it('whose server hangs up before anything is said ends, and the proxy goes on', async () => {
    const port = await portOf(createServer((socket) => setTimeout(() => socket.resetAndDestroy(), 50)))
    const { asked, path } = await givenProxy({ rules: [listed(port)] })
    const { socket, head } = await tunnel(path, `a.example:${port}`)
    expect(head).toMatch(/^HTTP\/1\.1 200/)
    expect(await textOf(socket)).toBe('')
    expect(asked).toHaveLength(1)
    const { port: other } = await givenServer({})
    const later = await say(
      path,
      `GET http://a.example:${other}/ HTTP/1.1\r\nhost: a.example:${other}\r\nconnection: close\r\n\r\n`,
    )
    expect(later).toMatch(/^HTTP\/1\.1 403/)
  })
})
