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
/** More end-to-end files than this failing are no accident of the machine: none of them runs once more. */
const MOST_ONCE_MORE = 2
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
    const failed = []
    const tell = (test, { result, fault }) =>
      result ? onResult(test, result) : onFailure(test, { message: fault, stack: fault })
    const hear = async (test, answer) => {
      if (isEndToEnd(test) && isFailure(answer)) failed.push({ test, answer })
      else await tell(test, answer)
    }
    const count = Math.min(this.#config.maxWorkers, tests.length)
    await Promise.all(
      Array.from({ length: count }, (_, at) => this.#work({ id: at + 1, next, onStart, hear })),
    )
    for (const { test, answer } of failed) await tell(test, await this.#onceMore(test, answer, failed.length))
  }

  async #work({ id, next, onStart, hear }) {
    let worker = null
    for (let test = next(); test !== undefined; test = next()) {
      worker ??= startWorker(id)
      await onStart(test)
      const answer = await ask(worker, this.#orderFor(test))
      await hear(test, answer)
      if (answer.isFull) await endWorker(worker)
      if (answer.isFull || answer.isDead) worker = null
    }
    if (worker !== null) await endWorker(worker)
  }

  /**
   * In CI, an end-to-end file that failed beside others runs once more, alone: whole platforms share few cores there, and what only a
   * crowded machine brings about must be told apart from what is broken. Both is said; see docs/decisions/0024-tests-in-plain-node.md.
   */
  async #onceMore(test, first, failures) {
    if (!process.env.CI || failures > MOST_ONCE_MORE) return first
    console.error(
      `FAILED BESIDE OTHERS, RUNS ONCE MORE: ${test.path}\n${first.result?.failureMessage ?? first.fault}`,
    )
    const worker = startWorker(1)
    const second = await ask(worker, this.#orderFor(test))
    if (!second.isDead) await endWorker(worker)
    console.error(`${isFailure(second) ? 'FAILED AGAIN' : 'PASSED ALONE'}: ${test.path}`)
    return second
  }

  #orderFor({ path, context }) {
    const { testNamePattern, testTimeout = 5000 } = this.#config
    const { rootDir, testTimeout: own = testTimeout } = context.config
    return { path, rootDir, testNamePattern: testNamePattern ?? null, testTimeout: own }
  }
}

const isEndToEnd = ({ path }) => path.endsWith('.e2e.ts')
const isFailure = ({ result }) => !result || result.numFailingTests > 0 || Boolean(result.testExecError)

/** What takes longest begins first, so that nothing long is left for the end; among equals Jest's own order stays. */
function turnOf({ path }) {
  const at = LONGEST.findIndex((name) => path.endsWith(name))
  if (at !== -1) return at
  return LONGEST.length + (isEndToEnd({ path }) ? 0 : 1)
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
