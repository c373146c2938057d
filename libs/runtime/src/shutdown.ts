/** The part of `process` that a stop needs. */
export interface StoppableProcess {
  on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown
  exit(code: number): void
  /** Absent without an IPC channel, false once the parent is gone. */
  readonly connected?: boolean
}

const FORCED_EXIT_MS = 10_000

/**
 * Runs `stop` once, on SIGTERM, SIGINT or when the parent process is gone, then exits: 0 when it went well, 1 when it failed
 * or took longer than ten seconds.
 */
export function onShutdown(
  stop: () => void | Promise<void>,
  host: StoppableProcess = process,
  limitMs: number = FORCED_EXIT_MS,
): void {
  let isStopping = false
  const begin = () => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => host.exit(1), limitMs).unref()
    void finish(stop, host)
  }
  host.on('SIGTERM', begin)
  host.on('SIGINT', begin)
  // The IPC channel closes when the parent dies, even by SIGKILL: no service outlives the platform that started it.
  host.on('disconnect', begin)
  if (host.connected === false) begin()
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
