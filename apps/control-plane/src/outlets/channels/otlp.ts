import { otlpRequestOf, otlpTestOf } from '@writ/outlets'
import type { JsonObject } from '@writ/contracts'
import { z } from 'zod'
import { allOf, failure } from './channel.ts'
import type { Channel, Failure } from './channel.ts'
import { isFailure } from './http-post.ts'
import type { HttpPost } from './http-post.ts'

/** OpenTelemetry logs over HTTP in JSON (OTLP 1). */
export function createOtlp(http: HttpPost): Channel {
  return {
    send: async (batch) => {
      const failed = await post(otlpRequestOf(batch))
      return failed ? { delivered: 0, failure: failed } : allOf(batch)
    },
    test: (event) => post(otlpTestOf(event)),
    close: async () => http.close(),
  }

  async function post(request: JsonObject): Promise<Failure | null> {
    const posted = await http.post(JSON.stringify(request), { 'content-type': 'application/json' })
    if (isFailure(posted)) return posted
    const rejected = rejectedIn(posted.text)
    // A request that was taken in part is not sent again as it is: narrower ones find out which record it was.
    return rejected > 0 ? failure('partial', `${rejected} log records were not taken`) : null
  }
}

const Answer = z.object({
  partialSuccess: z.object({ rejectedLogRecords: z.coerce.number().default(0) }).optional(),
})

/** How many log records a collector says that it left out. */
function rejectedIn(text: string): number {
  try {
    return Answer.parse(JSON.parse(text === '' ? '{}' : text)).partialSuccess?.rejectedLogRecords ?? 0
  } catch {
    return 0
  }
}
