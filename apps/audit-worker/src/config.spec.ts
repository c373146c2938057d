import { describe, expect, it } from '@jest/globals'
import { readConfig } from './config.ts'

const DATABASE_URL = 'postgres://writ_worker:hunter2hunter2@127.0.0.1:7432/writ'

describe('the configuration of the audit worker', () => {
  it('needs a database and nothing else, and binds loopback', () => {
    expect(readConfig({ DATABASE_URL })).toEqual({
      DATABASE_URL,
      WRIT_WORKER_BRAKE_DEPTH: 1000,
      WRIT_WORKER_BRAKE_MEMORY_PERCENT: 65,
      WRIT_WORKER_ADMIN_HOST: '127.0.0.1',
      WRIT_WORKER_ADMIN_PORT: 7450,
      WRIT_LOG_LEVEL: 'info',
    })
  })

  it('names what is missing or malformed, and never shows it', () => {
    expect(() => readConfig({})).toThrow('DATABASE_URL: is missing')
    expect(() => readConfig({ DATABASE_URL: 'mysql://hunter2@db', REDIS_URL: 'hunter2' })).toThrow(
      'DATABASE_URL: must be a postgres:// URL\nREDIS_URL: must be a redis:// URL',
    )
  })
})
