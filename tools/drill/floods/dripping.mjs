// Opens sockets that drip: most of them never end their head, some never end their body. Started as a process of its own; tells how long each
// of them lived.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

process.once('message', (wanted) => void flood(wanted))
process.on('disconnect', () => process.exit(0))

async function flood({ url, addresses, socketsOfEach, aSecond, dripMs, request, patienceMs }) {
  const { hostname, port } = new URL(url)
  const hostEnd = request.indexOf('\r\n', request.indexOf('Host:'))
  const begun = { head: `${request.slice(0, hostEnd)}\r\nX-Slow: `, body: request }
  const lives = []
  const startedMs = performance.now()
  for (let at = 0; at < socketsOfEach * addresses.length; at += 1) {
    const dueMs = startedMs + (at * 1_000) / aSecond
    if (dueMs > performance.now()) await sleep(dueMs - performance.now())
    const localAddress = addresses[at % addresses.length]
    const kind = at % 5 === 0 ? 'body' : 'head'
    lives.push(drip(connect({ port: Number(port), host: hostname, localAddress }), kind, begun[kind], dripMs))
  }
  const untilMs = performance.now() + patienceMs
  while (lives.some(({ livedMs }) => livedMs === null) && performance.now() < untilMs) await sleep(100)
  process.send({ lives })
}

function drip(socket, kind, begun, dripMs) {
  const life = { kind, livedMs: null, hasAnswer: false }
  let startedMs = performance.now()
  const timer = setInterval(() => socket.write('a'), dripMs)
  socket.on('error', () => {})
  socket.on('data', () => (life.hasAnswer = true))
  socket.on('connect', () => {
    startedMs = performance.now()
    socket.write(begun)
  })
  socket.on('close', () => {
    clearInterval(timer)
    life.livedMs = performance.now() - startedMs
  })
  return life
}
