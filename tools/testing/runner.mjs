// Jest's runner for this repository: spec files run in plain Node, many in one process, so that what they share (a framework, a driver)
// is loaded once and not for each of them. Processes are apart from each other and from Jest; files that share one share its globals,
// which no spec changes. See docs/decisions/0024-tests-in-plain-node.md.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createEmptyTestResult } from '@jest/test-result'

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url))
const TYPESCRIPT = new URL('./typescript.mjs', import.meta.url).href
/** See libs/cedar/src/cedar-wasm.ts: processes that live long meet it sooner. */
const STEADY = ['--no-turbo-inline-js-wasm-calls']
/** Small files that run for minutes: Jest takes the size of a file for its duration until it has seen it run. */
const LONGEST = [
  'e2e/ledger-drills.e2e.ts',
  'e2e/start.e2e.ts',
  'e2e/drills.e2e.ts',
  'e2e/identity-cli.e2e.ts',
  'e2e/daemon.e2e.ts',
  'e2e/conformance.e2e.ts',
  'e2e/crash.e2e.ts',
]
/** How long a process that has run all its files may keep something open. */
const LEFT_OPEN_MS = 20_000

export default class PlainNodeRunner {
  isSerial = false
  supportsEventEmitters = false
  #config

  constructor(globalConfig) {
    this.#config = globalConfig
  }

  async runTests(tests, watcher, ...listeners) {
    const waiting = tests.toSorted((one, other) => turnOf(one) - turnOf(other))
    const next = () => (watcher.isInterrupted() ? undefined : waiting.shift())
    const [onStart, onResult, onFailure] = listeners
    const heard = { onStart, onResult, onFailure }
    const count = Math.min(this.#config.maxWorkers, tests.length)
    await Promise.all(Array.from({ length: count }, (_, at) => this.#work(at + 1, next, heard)))
  }

  async #work(id, next, { onStart, onResult, onFailure }) {
    let worker = null
    for (let test = next(); test !== undefined; test = next()) {
      worker ??= startWorker(id)
      await onStart(test)
      const answer = await ask(worker, this.#orderFor(test))
      if (answer.result) await onResult(test, answer.result)
      else await onFailure(test, { message: answer.fault, stack: answer.fault })
      if (answer.isFull) await endWorker(worker)
      if (answer.isFull || answer.isDead) worker = null
    }
    if (worker !== null) await endWorker(worker)
  }

  #orderFor({ path, context }) {
    const { testNamePattern, testTimeout = 5000 } = this.#config
    const { rootDir, testTimeout: own = testTimeout } = context.config
    return { path, rootDir, testNamePattern: testNamePattern ?? null, testTimeout: own }
  }
}

/** What takes longest begins first, so that nothing long is left for the end; among equals Jest's own order stays. */
function turnOf({ path }) {
  const at = LONGEST.findIndex((name) => path.endsWith(name))
  if (at !== -1) return at
  return LONGEST.length + (path.endsWith('.e2e.ts') ? 0 : 1)
}

function startWorker(id) {
  const { NODE_OPTIONS: _, ...env } = process.env
  return fork(WORKER, [], {
    execArgv: ['--conditions=@writ/source', '--import', TYPESCRIPT, '--no-warnings', ...STEADY],
    env: { ...env, JEST_WORKER_ID: String(id), NODE_ENV: 'test' },
    serialization: 'advanced',
  })
}

/** One file in one process: its result, or what became of the process. */
async function ask(worker, order) {
  const gone = new AbortController()
  const answered = once(worker, 'message', { signal: gone.signal }).then(([answer]) => answer)
  const died = once(worker, 'exit', { signal: gone.signal }).then(([code, signal]) => ({
    result: lostResult(order.path, `ended (${signal ?? `exit code ${code}`})`),
    isFull: false,
    isDead: true,
  }))
  worker.send(order)
  try {
    return await Promise.race([answered, died])
  } finally {
    gone.abort()
    await Promise.allSettled([answered, died])
  }
}

/** A process that ends by itself is a failure of the file that it ran, and not of those after it. */
function lostResult(testFilePath, how) {
  const failureMessage = `the process of the tests ${how}`
  const lost = {
    ancestorTitles: [],
    title: failureMessage,
    fullName: failureMessage,
    status: 'failed',
    failureMessages: [failureMessage],
    failureDetails: [],
    location: null,
    numPassingAsserts: 0,
  }
  return {
    ...createEmptyTestResult(),
    testFilePath,
    numFailingTests: 1,
    testResults: [lost],
    failureMessage: `  ● ${failureMessage}\n`,
  }
}

async function endWorker(worker) {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const exited = once(worker, 'exit')
  worker.send('end')
  const timer = setTimeout(() => worker.kill('SIGKILL'), LEFT_OPEN_MS)
  const [, signal] = await exited
  clearTimeout(timer)
  if (signal === null) return
  process.exitCode = 1
  console.error(`a test left something open (a server, a client, a timer) for ${LEFT_OPEN_MS / 1000} s`)
}
