// What every hop is measured with: the driver and the upstream, which yield to the hop on the core that they share.
import { randomBytes } from 'node:crypto'
import { startModule } from './child.mjs'

export const startDriver = (running) => startModule(running, 'driver.mjs', { yields: true, isSilent: true })

/** @returns {Promise<{ pid: number, url: string, secret: string, seen: () => Promise<{ calls: number, unauthenticated: number }> }>} */
export async function startUpstream(running) {
  const secret = `bench_${randomBytes(16).toString('hex')}`
  const { pid, said, ask } = await startModule(running, 'upstream.mjs', {
    env: { SECRET: secret },
    yields: true,
  })
  return {
    pid,
    secret,
    url: `http://127.0.0.1:${said.port}/mcp`,
    seen: async () => (await ask('seen')).seen,
  }
}
