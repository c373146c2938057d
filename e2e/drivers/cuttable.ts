import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { listenOn } from '@writ/runtime'

/** A way to a server that a test can cut and mend. */
export type Cuttable = {
  readonly port: number
  readonly cut: () => void
  readonly mend: () => void
  readonly close: () => Promise<void>
}

export async function cuttableWay(to: { readonly host: string; readonly port: number }): Promise<Cuttable> {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(to.port, to.host)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  const cutAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port,
    cut: () => {
      isCut = true
      cutAll()
    },
    mend: () => {
      isCut = false
    },
    close: async () => {
      cutAll()
      await new Promise((done) => server.close(done))
    },
  }
}
