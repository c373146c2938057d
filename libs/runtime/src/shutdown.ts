/** What began a stop; `disconnect`: whoever started this process is gone. */
export type ShutdownCause = 'SIGTERM' | 'SIGINT' | 'disconnect'

/** The part of `process` that a stop needs. */
export interface StoppableProcess {
  on(event: ShutdownCause, listener: () => void): unknown
  exit(code: number): void
  /** Absent without an IPC channel, false once the parent is gone. */
  readonly connected?: boolean
}

const FORCED_EXIT_MS = 10_000

/**
 * Runs `stop` once, on SIGTERM, SIGINT or when the parent process is gone, then exits: 0 when it went well, 1 when it failed
 * or took longer than ten seconds, and says so.
 */
export function onShutdown(
  stop: (cause: ShutdownCause) => void | Promise<void>,
  host: StoppableProcess = process,
  limitMs: number = FORCED_EXIT_MS,
): void {
  let isStopping = false
  const begin = (cause: ShutdownCause) => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => giveUp(limitMs, host), limitMs).unref()
    void finish(() => stop(cause), host)
  }
  host.on('SIGTERM', () => begin('SIGTERM'))
  host.on('SIGINT', () => begin('SIGINT'))
  // The IPC channel closes when the parent dies, even by SIGKILL: no service outlives the platform that started it.
  host.on('disconnect', () => begin('disconnect'))
  if (host.connected === false) begin('disconnect')
}

function giveUp(limitMs: number, host: StoppableProcess): void {
  console.error(`not stopped in order within ${limitMs / 1000} s: ending as it is`)
  host.exit(1)
}

async function finish(stop: () => void | Promise<void>, host: StoppableProcess): Promise<void> {
  try {
    await stop()
    host.exit(0)
  } catch (error) {
    console.error(error)
    host.exit(1)
  }
}

/** Tells the process that started this one that it serves now. Does nothing when started by hand. */
export function announceReady(details: Readonly<Record<string, unknown>> = {}): void {
  process.send?.({ ...details, ready: true })
}
