import { describe, expect, it, jest } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { onShutdown } from './shutdown.ts'

function given({ connected }: { connected?: boolean } = {}) {
  const signals = new EventEmitter()
  let exited: (code: number) => void
  const exitCode = new Promise<number>((resolve) => {
    exited = resolve
  })
  const host = {
    on: (event: string, listener: () => void) => signals.on(event, listener),
    exit: (code: number) => exited(code),
    ...(connected === undefined ? {} : { connected }),
  }
  return { host, signals, exitCode }
}

describe('a shutdown', () => {
  it.each(['SIGTERM', 'SIGINT', 'disconnect'])('begins on %s, knows that, and ends with 0', async (event) => {
    const { host, signals, exitCode } = given()
    const causes: string[] = []
    onShutdown((cause) => void causes.push(cause), host)
    signals.emit(event)
    expect([await exitCode, causes]).toEqual([0, [event]])
  })

  it('runs the stop once, however many signals come', async () => {
    const { host, signals, exitCode } = given()
    let stops = 0
    onShutdown(() => void stops++, host)
    signals.emit('SIGINT')
    signals.emit('SIGINT')
    signals.emit('disconnect')
    await exitCode
    expect(stops).toBe(1)
  })

  it('waits for the stop', async () => {
    const { host, signals, exitCode } = given()
    const order: string[] = []
    onShutdown(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('stopped')
    }, host)
    signals.emit('SIGTERM')
    await exitCode
    order.push('exited')
    expect(order).toEqual(['stopped', 'exited'])
  })

  it('ends with 1 when the stop hangs, and says so', async () => {
    const { host, signals, exitCode } = given()
    const told = jest.spyOn(console, 'error').mockImplementation(() => {})
    onShutdown(() => new Promise(() => {}), host, 20)
    signals.emit('SIGTERM')
    const keepAlive = setTimeout(() => {}, 5_000)
    expect(await exitCode).toBe(1)
    expect(told).toHaveBeenCalledWith('not stopped in order within 0.02 s: ending as it is')
    told.mockRestore()
    clearTimeout(keepAlive)
  })

  it('ends with 1 and the cause when the stop fails', async () => {
    const { host, signals, exitCode } = given()
    const told = jest.spyOn(console, 'error').mockImplementation(() => {})
    onShutdown(() => Promise.reject(new Error('spool not flushed')), host)
    signals.emit('SIGTERM')
    expect(await exitCode).toBe(1)
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ message: 'spool not flushed' }))
    told.mockRestore()
  })

  it('begins at once when the parent is already gone', async () => {
    const { host, exitCode } = given({ connected: false })
    onShutdown(() => {}, host)
    expect(await exitCode).toBe(0)
  })
})
