import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { callApi } from './api.ts'
import type { GivenServer } from './given-server.suite.ts'
import { givenServer, json } from './given-server.suite.ts'

const apiKey = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`

let server: GivenServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function called(answer: (response: ServerResponse) => void): Promise<unknown> {
  server = await givenServer((_, response) => answer(response))
  return callApi({ origin: server.origin, apiKey }, 'anything', z.looseObject({}))
}

const PART = Buffer.alloc(1024 * 1024, '"')
/** So many MiB, faster than anybody can count. */
const long = (response: ServerResponse, status: number, parts: number): void =>
  void Readable.from(Array.from({ length: parts }, () => PART)).pipe(response.writeHead(status))

describe('an answer of the API', () => {
  it('is read as JSON, with or without a mark of its byte order', async () => {
    expect(await called((response) => json(response, 200, { é: 'ü' }))).toEqual({ é: 'ü' })
    await server?.stop()
    expect(await called((response) => void response.end('\ufeff{"a":1}'))).toEqual({ a: 1 })
  })

  it('that is longer than any is not read to its end', async () => {
    await expect(called((response) => long(response, 200, 200))).rejects.toMatchObject({
      message: expect.stringMatching(/^http.+ answered more than 128 MiB$/),
      exitCode: 3,
    })
  })

  it('that refuses is a refusal, however long it is', async () => {
    await expect(called((response) => long(response, 403, 8))).rejects.toMatchObject({
      message: 'HTTP 403',
      remedy: expect.stringContaining('role'),
    })
  })

  it('that ends in the middle is none', async () => {
    await expect(
      called((response) => void response.write('{"a":', () => response.destroy())),
    ).rejects.toMatchObject({ message: expect.stringContaining('the connection ended in the middle') })
  })
})
