import { createServer, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { mkdir } from 'node:fs/promises'
// @ts-expect-error -- it comes without types; what is used of it is said below
import Server from 's3rver'
import type { S3Place } from './archive-s3.ts'

type Store = { run(): Promise<{ readonly port: number }>; close(): Promise<void> }
const S3rver: new (options: Readonly<Record<string, unknown>>) => Store = Server

/** A real server that speaks S3, behind a door that notes what came. */
export type S3Server = {
  readonly place: S3Place
  readonly seen: () => readonly { method: string; path: string; headers: IncomingHttpHeaders }[]
  readonly close: () => Promise<void>
}

export async function startS3(directory: string): Promise<S3Server> {
  await mkdir(directory, { recursive: true })
  const store = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: 'copies', configs: [] }],
  })
  const { port } = await store.run()
  const seen: { method: string; path: string; headers: IncomingHttpHeaders }[] = []
  const door = createServer((asked, answer) => {
    const { method = '', url: path = '', headers } = asked
    seen.push({ method, path, headers })
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      given.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening))
  const address = door.address()
  if (address === null || typeof address === 'string') throw new Error('the door has no port')
  return {
    place: {
      endpoint: `http://127.0.0.1:${address.port}`,
      region: 'us-east-1',
      bucket: 'copies',
      prefix: '',
      keyId: 'S3RVER',
      secret: 'S3RVER',
    },
    seen: () => seen,
    close: async () => {
      door.closeAllConnections()
      await new Promise((closed) => door.close(closed))
      await store.close()
    },
  }
}
