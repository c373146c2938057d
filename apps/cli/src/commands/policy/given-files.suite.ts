import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'
import type { GivenServer } from '../../given-server.suite.ts'
import { givenServer } from '../../given-server.suite.ts'

export const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`
export const ulid = (number: number): string => String(number).padStart(26, '0')

export type GivenFiles = {
  /** @returns the path of a file that is there until the case ends */
  readonly file: (name: string, content: unknown) => string
  readonly serve: (...given: Parameters<typeof givenServer>) => Promise<GivenServer>
}

/** A folder, and a server where a case asks for one, that are gone after it. */
export function givenFiles(): GivenFiles {
  let folder = ''
  let server: GivenServer | null = null
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-policy-'))
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
    server = null
  })
  return {
    file: (name, content) => {
      const path = join(folder, name)
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    },
    serve: async (...given) => {
      server = await givenServer(...given)
      return server
    },
  }
}

export const REFUNDS = `writ: 1
title: refunds
rules:
  - id: hourly
    effect: deny
    on: [outbound]
    when: { sum: args.amount, of: { class: [money] }, window: 1h, plus: args.amount, op: gt, value: 5000 }
    reason: No more than 5000 an hour.
tests:
  - name: third refund breaks the cap
    now: '2026-11-21T10:00:00Z'
    agent: support-bot
    human: ana
    history: [{ tool: create_refund, amount: 2000 }, { tool: create_refund, amount: 2500 }]
    call: { tool: create_refund, args: { amount: 600 } }
    expect: { decision: deny, rules: [hourly] }
`

export const CEDAR = `@id("no-push") @reason("Not here.")
forbid (principal, action, resource) when { context.action.tool == "push_files" };
`
