import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import type { S3Place } from './archive-s3.ts'

/** A server of moto (the AWS of Python's tests) keeps versions and holds object locks, which no server for Node does. */
const PROGRAM = 'moto_server'
const PATIENCE_MS = 30_000

export const hasLockedS3 = spawnSync('sh', ['-c', `command -v ${PROGRAM}`]).status === 0

export type LockedS3 = {
  /** A bucket of its own with object lock, which is empty. */
  readonly bucket: () => Promise<S3Place>
  /** As somebody else who may write: `path` behind the bucket's name. */
  readonly ask: (place: S3Place, path: string, init?: RequestInit) => Promise<Response>
  readonly close: () => Promise<void>
}

export async function startLockedS3(): Promise<LockedS3> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(PROGRAM, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  await answers(endpoint)
  const client = new AwsClient({
    accessKeyId: KEY.keyId,
    secretAccessKey: KEY.secret,
    service: 's3',
    retries: 0,
  })
  const ask: LockedS3['ask'] = ({ bucket }, path, init) =>
    client.fetch(`${endpoint}/${bucket}${path}`, { aws: { region: KEY.region }, ...init })
  let count = 0
  return {
    bucket: async () => {
      const place: S3Place = {
        ...KEY,
        endpoint,
        bucket: `locked-${(count += 1)}`,
        prefix: 'log',
        lock: 'COMPLIANCE',
      }
      await ask(place, '', { method: 'PUT', headers: { 'x-amz-bucket-object-lock-enabled': 'true' } })
      return place
    },
    ask,
    close: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

const KEY = { region: 'us-east-1', keyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'secret' } as const

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

async function answers(endpoint: string): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await sleep(100))
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return
  throw new Error('moto_server does not answer')
}
