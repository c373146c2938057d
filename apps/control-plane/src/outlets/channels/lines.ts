import { ocsfEventOf, recordEventOf, testEventOf } from '@writ/outlets'
import type { Delivered } from '@writ/outlets'
import { codeOf } from '../../error-code.ts'
import { allOf, failure } from './channel.ts'
import type { Channel, Failure } from './channel.ts'

/** Writes lines, and returns when they are where they should be. */
export type LineSink = {
  readonly write: (lines: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** JSON lines: our own form of the record, or OCSF. */
export function createLines(sink: LineSink, format: 'record' | 'ocsf'): Channel {
  const lineOf = (delivered: Delivered): string =>
    `${JSON.stringify(format === 'ocsf' ? ocsfEventOf(delivered) : recordEventOf(delivered))}\n`
  return {
    send: async (batch) => {
      const failed = await write(batch.map(lineOf).join(''))
      return failed ? { delivered: 0, failure: failed } : allOf(batch)
    },
    test: (event) => write(`${JSON.stringify(testEventOf(event))}\n`),
    close: () => sink.close(),
  }

  async function write(lines: string): Promise<Failure | null> {
    try {
      await sink.write(lines)
      return null
    } catch (error) {
      return failure('unreachable', codeOf(error) ?? 'not written')
    }
  }
}

/** The standard output of this process, as fast as its reader takes it. */
export const stdoutSink = (out: NodeJS.WritableStream): LineSink => ({
  write: (lines) =>
    new Promise((resolve, reject) => {
      out.write(lines, (error) => (error ? reject(error) : resolve()))
    }),
  close: async () => {},
})
