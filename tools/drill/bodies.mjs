// Bodies of 100 MB, compressed bombs and JSON a million deep: refused at the limit, without taking memory, and told of (fault drill 25).
import { gzipSync } from 'node:zlib'
import { result } from '../bench/figures.mjs'
import { startWorld } from '../bench/world.mjs'
import { callBeside, signed } from './floods/caller.mjs'
import { watchMemory } from './floods/memory.mjs'
import { besideRow, memoryRow } from './floods/rows.mjs'
import { answerTo } from './floods/raw.mjs'
import { recordsRefusedFor } from './floods/records.mjs'

const MIB = 1024 * 1024
const LARGE_BYTES = 100 * MIB
const DEEP = Buffer.from('['.repeat(MIB - 1))
const NESTED = Buffer.from(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`)

export async function run({ say, running, short }) {
  const world = await startWorld({ running })
  const rounds = short ? 2 : 20
  const { agent, url, admin } = world
  const pid = world.platform.gateways[0].pid
  await callBeside(agent, url, Promise.resolve())
  const answers = []
  const attack = (async () => {
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds} …`)
      answers.push(...(await Promise.all(attacksOf(agent, url))))
    }
  })()
  const memory = watchMemory(pid, running)
  const beside = await callBeside(agent, url, attack)
  const grown = memory.stop()
  const deep = await recordsRefusedFor(admin, 'message_too_deep', 2 * rounds)
  const told = await refusalsCounted(world, 'message_too_large')
  return [
    wrongRow(answers),
    memoryRow('bodies', grown, 50),
    result({
      name: 'bodies: refusals recorded',
      value: deep,
      unit: 'records',
      atLeast: 2 * rounds,
      detail:
        'of what was too deep; nobody stands for a body that has not arrived, so what was too large is in log and metrics',
    }),
    result({
      name: 'bodies: refusals counted',
      value: told,
      unit: 'refusals',
      atLeast: 2 * rounds,
      detail: 'too large, in the metrics',
    }),
    besideRow('bodies', beside),
  ]
}

function wrongRow(answers) {
  // Who goes on sending while the answer comes may lose it with the socket: that is a refusal too.
  const wrong = answers.filter(
    ({ expected, status }) => status !== expected && !(status === 'cut' && expected === 413),
  )
  const cut = answers.filter(({ status }) => status === 'cut').length
  const which = wrong.map(({ title, status }) => `; ${title}: ${status}`).join('')
  return result({
    name: 'bodies: not refused as they should be',
    value: wrong.length,
    unit: 'requests',
    atMost: 0,
    detail: `${answers.length} requests, ${cut} of them cut while they sent on${which}`,
  })
}

function attacksOf(agent, url) {
  const bomb = gzipSync(Buffer.alloc(LARGE_BYTES))
  const attack = async (title, expected, { fields = [], body, signedBody = Buffer.from('{}') }) => {
    const headers = await signed(agent, url, signedBody)
    return { title, expected, status: await answerTo(url, [...Object.entries(headers), ...fields], body) }
  }
  return [
    attack('100 MB, announced', 413, {
      fields: [['Content-Length', LARGE_BYTES]],
      body: { bytes: LARGE_BYTES },
    }),
    attack('100 MB in chunks', 413, {
      fields: [['Transfer-Encoding', 'chunked']],
      body: { bytes: LARGE_BYTES, isChunked: true },
    }),
    attack('a compressed bomb', 415, {
      fields: [
        ['Content-Encoding', 'gzip'],
        ['Content-Length', bomb.length],
      ],
      body: bomb,
    }),
    attack('a million lists', 400, {
      fields: [['Content-Length', DEEP.length]],
      body: DEEP,
      signedBody: DEEP,
    }),
    attack('a hundred objects', 400, {
      fields: [['Content-Length', NESTED.length]],
      body: NESTED,
      signedBody: NESTED,
    }),
    attack('a head of 17 KiB', 431, {
      fields: [
        ['X-Pad', 'x'.repeat(17 * 1024)],
        ['Content-Length', 2],
      ],
      body: Buffer.from('{}'),
    }),
  ]
}

async function refusalsCounted({ platform }, code) {
  const text = await (await fetch(`${platform.gateways[0].adminUrl}/metrics`)).text()
  return Number(new RegExp(`^writ_refusals_total\\{code="${code}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}
