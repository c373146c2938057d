// One attempt to get something out through the proxy, or past it. Exit 0 when it worked.
import { lookup, resolve4 } from 'node:dns/promises'
import { connect } from 'node:net'
import { createSocket } from 'node:dgram'
import { connect as connectTls } from 'node:tls'

const [kind, ...words] = process.argv.slice(2)
const proxy = new URL(process.env.HTTP_PROXY ?? 'http://127.0.0.1:3128')
setTimeout(() => process.exit(1), 6000).unref()

const ways = {
  /** a tunnel to an authority, spelled as it is given, and something said in it */
  async tunnel(authority, host = authority) {
    const { socket, status } = await tunnelTo(authority, host)
    if (status !== 200) return false
    socket.write('GET /pong HTTP/1.0\r\n\r\n')
    return (await textOf(socket)).includes('pong')
  },
  /** a tunnel in which another server is asked for than the one in CONNECT */
  async fronted(authority, serverName) {
    const { socket, status } = await tunnelTo(authority, authority)
    if (status !== 200) return false
    return new Promise((resolve) => {
      const tls = connectTls({ socket, servername: serverName, rejectUnauthorized: false }, () =>
        resolve(true),
      )
      tls.on('error', () => resolve(false)).on('close', () => resolve(false))
    })
  },
  /** a request in absolute form, with any Host field */
  async plain(url, host = new URL(url).host, more = '') {
    const text = await say(proxy, `GET ${url} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${more}\r\n`)
    return text.includes('pong')
  },
  /** follows where it is sent, through the proxy */
  async follow(url) {
    const first = await say(
      proxy,
      `GET ${url} HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: close\r\n\r\n`,
    )
    const next = /^location: (.*)$/im.exec(first)?.[1]?.trim()
    return next !== undefined && ways.plain(next)
  },
  async socket(url) {
    const fields =
      'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
    const text = await say(proxy, `GET ${url} HTTP/1.1\r\nhost: ${new URL(url).host}\r\n${fields}\r\n`)
    return /^HTTP\/1.1 (101|200)/.test(text)
  },
  /** straight, as if there were no proxy */
  async straight(host, port) {
    return (await say({ hostname: host, port }, 'GET /pong HTTP/1.0\r\n\r\n')).includes('pong')
  },
  async name(name) {
    await Promise.any([lookup(name), resolve4(name)])
    return true
  },
  async udp(host, port) {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    return new Promise((resolve) => {
      socket.on('message', () => resolve(true)).on('error', () => resolve(false))
      socket.send('ping', Number(port), host, (error) => error && resolve(false))
      setTimeout(() => resolve(false), 1500).unref()
    })
  },
}

function tunnelTo(authority, host) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(proxy.port), proxy.hostname)
    socket.on('error', reject)
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    let head = ''
    const read = (bytes) => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', read)
      resolve({ socket, status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]) })
    }
    socket.on('data', read).on('close', () => reject(new Error('closed')))
  })
}

function say({ hostname, port }, text) {
  const socket = connect(Number(port), hostname)
  socket.write(text)
  return textOf(socket)
}

function textOf(socket) {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (text.includes('pong') || text.includes('101 ')) resolve(text)
    })
    socket.on('close', () => resolve(text)).on('error', () => resolve(text))
  })
}

process.exit((await ways[kind](...words).catch(() => false)) ? 0 : 1)
