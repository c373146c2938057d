import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { joinedDevice } from '../testing/devices.ts'
import type { JoinedDevice } from '../testing/devices.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'

jest.setTimeout(60_000)

const WIDE = { all: 40, each: 40 }
const LIMITS = {
  tenants: WIDE,
  sources: WIDE,
  doors: WIDE,
  nodes: { all: 2, each: 2 },
  large: { all: 1, each: 1 },
  devices: { all: 4, each: 4 },
  uploads: { all: 2, each: 2 },
}

let plane: ControlPlane
let gateway: JoinedNode
let device: JoinedDevice
const open: Socket[] = []

beforeAll(async () => {
  plane = await givenControlPlane({ bodies: LIMITS })
  gateway = await joinedNode(plane)
  const { slug, agent } = await givenWorld(plane)
  device = await joinedDevice(plane, slug, agent)
})
afterAll(async () => {
  for (const socket of open) socket.destroy()
  await plane?.close()
})

/** Begins a request in the name of the device, whose body never comes. @returns what is answered at once; `read` when the body is waited for */
async function begin(path: string, sizeBytes: number): Promise<string> {
  const { hostname, port } = new URL(plane.url)
  const socket = connect(Number(port), hostname)
  open.push(socket)
  const signature = `${device.id}.${Date.now()}.${'A'.repeat(86)}`
  socket.write(
    `POST ${device.at}/${path} HTTP/1.1\r\nhost: x\r\nwrit-node: ${signature}\r\ncontent-type: application/json\r\ncontent-length: ${sizeBytes}\r\n\r\n{`,
  )
  return new Promise((answered) => {
    socket.once('data', (data) => answered(String(data)))
    setTimeout(() => answered('read'), 400)
  })
}

describe('bodies of devices that never come', () => {
  it('are refused beyond their bounds, large ones sooner, and those of gateways are read all the same', async () => {
    const large = await Promise.all([1, 2, 3].map(() => begin('batches', 2 * 1024 * 1024)))
    expect(large.filter((answer) => answer !== 'read')).toEqual([expect.stringMatching(/^HTTP\/1\.1 503 /)])
    const small = await Promise.all([1, 2, 3].map(() => begin('content-keys', 100)))
    expect(small.filter((answer) => answer !== 'read')).toHaveLength(1)
    expect((await gateway.ask('POST', '/internal/v1/heads', { heads: [] })).status).toBe(200)
  })
})
