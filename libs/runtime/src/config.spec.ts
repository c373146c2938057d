import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { ConfigError, loadConfig } from './config.ts'

const Schema = z.object({
  WRIT_PORT: z.coerce.number().int().min(1).max(65535).default(7400),
  WRIT_KEY: z.string().min(16),
  WRIT_ORIGINS: z
    .string()
    .transform((list) => list.split(','))
    .optional(),
})

const key = 'k'.repeat(16)

describe('a configuration', () => {
  it('is what the schema makes of the environment', () => {
    expect(loadConfig(Schema, { WRIT_PORT: '81', WRIT_KEY: key, PATH: '/bin' })).toEqual({
      WRIT_PORT: 81,
      WRIT_KEY: key,
    })
  })

  it('takes defaults for absent and for empty variables', () => {
    expect(loadConfig(Schema, { WRIT_PORT: '', WRIT_KEY: key }).WRIT_PORT).toBe(7400)
  })

  it('is frozen, its lists too', () => {
    const config = loadConfig(Schema, { WRIT_KEY: key, WRIT_ORIGINS: 'a,b' })
    expect(() => Object.assign(config, { WRIT_PORT: 1 })).toThrow(TypeError)
    expect(() => config.WRIT_ORIGINS?.push('c')).toThrow(TypeError)
  })

  it('keeps parts that are not plain, such as a URL', () => {
    const WithUrl = z.object({ AT: z.string().transform((text) => new URL(text)) })
    expect(loadConfig(WithUrl, { AT: 'http://a.test/' }).AT.hostname).toBe('a.test')
  })
})

function problemsOf(schema: z.ZodObject, env: Record<string, string>): readonly string[] {
  try {
    loadConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('a wrong environment', () => {
  it('is told in one line per variable', () => {
    expect(problemsOf(Schema, { WRIT_PORT: '70000' })).toEqual([
      expect.stringMatching(/^WRIT_PORT: Too big: .*65535$/),
      'WRIT_KEY: is missing',
    ])
  })

  it('says that an empty required variable is missing', () => {
    expect(problemsOf(Schema, { WRIT_KEY: '' })).toEqual(['WRIT_KEY: is missing'])
  })

  it('has a message that holds the same lines', () => {
    expect(() => loadConfig(Schema, { WRIT_PORT: 'x' })).toThrow(/^WRIT_PORT: .+\nWRIT_KEY: is missing$/)
  })

  it('never shows a value, not even when a rule of the schema quotes it', () => {
    const Quoting = z.object({
      SECRET: z.string().refine(() => false, { error: ({ input }) => `bad ${String(input)}` }),
      CHOICE: z.enum(['a', 'b']),
      AT: z.url(),
    })
    const problems = problemsOf(Quoting, { SECRET: 'hunter2', CHOICE: 'hunter2', AT: 'hunter2' })
    expect(problems).toHaveLength(3)
    expect(problems[0]).toBe('SECRET: is not valid')
    expect(problems.join()).not.toContain('hunter2')
  })

  it('keeps a reason that spans variables', () => {
    const Pair = z
      .object({ A: z.string().optional(), B: z.string().optional() })
      .refine((env) => env.A !== undefined || env.B !== undefined, { path: ['A'], error: 'set A or B' })
    expect(problemsOf(Pair, {})).toEqual(['A: set A or B'])
  })
})
