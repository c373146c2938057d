import type { Clock } from '../../clock.ts'
import type { AnyTarget } from '../outlet-row.ts'
import type { OpenSecrets } from '../outlet-secrets.ts'
import type { Channel } from './channel.ts'
import { createFileSink } from './file-sink.ts'
import type { FileSettings } from './file-sink.ts'
import { createHttpPost } from './http-post.ts'
import type { WayOut } from './http-post.ts'
import { createLines, stdoutSink } from './lines.ts'
import { createOtlp } from './otlp.ts'
import { createSyslog } from './syslog.ts'
import { createWebhook } from './webhook.ts'

export type ChannelPorts = {
  readonly way: WayOut
  readonly clock: Clock
  /** where outlets of the operator write; null: nowhere here */
  readonly files: FileSettings | null
  readonly stdout: NodeJS.WritableStream
}

/** @param name what the file of the tenant is called */
export function openChannel(
  target: AnyTarget,
  secrets: OpenSecrets,
  name: string,
  { way, clock, files, stdout }: ChannelPorts,
): Channel {
  if (target.kind === 'syslog') return createSyslog(target, way)
  if (target.kind === 'stdout') return createLines(stdoutSink(stdout), target.format)
  if (target.kind === 'file') {
    if (files === null) throw new Error('no directory of outlets is configured')
    return createLines(createFileSink(name, files), target.format)
  }
  const http = createHttpPost({ ...target, authorization: secrets.authorization }, way)
  return target.kind === 'otlp'
    ? createOtlp(http)
    : createWebhook(http, { ...target, secrets: secrets.signing }, clock)
}
