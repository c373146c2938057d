// One process of the runner: runs the spec files that it is told of, one after another, with jest-circus.
import { pathToFileURL } from 'node:url'
import { jestExpect } from '@jest/expect'
import { createEmptyTestResult } from '@jest/test-result'
import { addEventHandler, getState, resetState, run } from 'jest-circus'
import { formatResultsErrors } from 'jest-message-util'
import { TIMEOUT } from './globals.mjs'

/** A process that holds so much is replaced by a new one. */
const FULL_BYTES = 1.5 * 1024 ** 3
const SLOW_MS = 5000
const NO_EXPECTATIONS = {
  assertionCalls: 0,
  expectedAssertionsNumber: null,
  isExpectingAssertions: false,
  suppressedErrors: [],
}

process.setSourceMapsEnabled(true)
addEventHandler(keepExpectations)
process.on('message', (order) => {
  if (order === 'end') process.disconnect()
  else void answer(order)
})

async function answer(order) {
  const answered = await runFile(order)
  process.send({ ...answered, isFull: process.memoryUsage.rss() > FULL_BYTES })
}

async function runFile({ path, rootDir, testNamePattern, testTimeout }) {
  const start = Date.now()
  resetState()
  globalThis[TIMEOUT] = testTimeout
  if (testNamePattern !== null) getState().testNamePattern = new RegExp(testNamePattern, 'i')
  jestExpect.setState({ ...NO_EXPECTATIONS, testPath: path, currentTestName: '' })
  try {
    await import(pathToFileURL(path).href)
    return { result: resultOf(await run(), { path, rootDir, start }) }
  } catch (error) {
    // Nothing of a file that cannot be loaded was shown to work: it fails as a whole.
    return { fault: error instanceof Error ? error.stack : String(error) }
  }
}

function keepExpectations({ name, test }) {
  if (name === 'test_fn_start') jestExpect.setState({ ...NO_EXPECTATIONS, currentTestName: nameOf(test) })
  if (name !== 'test_done') return
  const broken = jestExpect.extractExpectedAssertionsErrors().map(({ error }) => error)
  test.errors.push(...broken, ...(jestExpect.getState().suppressedErrors ?? []))
}

function nameOf(test) {
  const names = [test.name]
  for (let block = test.parent; block.name !== 'ROOT_DESCRIBE_BLOCK'; block = block.parent)
    names.unshift(block.name)
  return names.join(' ')
}

function resultOf({ testResults, unhandledErrors }, { path, rootDir, start }) {
  const results = testResults.map(assertionOf)
  const count = (status) => results.filter((result) => result.status === status).length
  const failures = results.filter(({ status }) => status === 'failed')
  const said = formatResultsErrors(failures, { rootDir, testMatch: [] }, { noStackTrace: false }, path)
  const error = unhandledErrors.length > 0 ? { message: unhandledErrors.join('\n\n') } : undefined
  return {
    ...emptyResult(path, start),
    numFailingTests: count('failed'),
    numPassingTests: count('passed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    testResults: results,
    failureMessage: [error?.message, said].filter(Boolean).join('\n') || null,
    ...(error && { testExecError: { message: error.message, stack: error.message } }),
  }
}

function assertionOf({ testPath, status, errors, duration, invocations, numPassingAsserts, retryReasons }) {
  const [, ...path] = testPath
  const title = path.at(-1)
  const ancestorTitles = path.slice(0, -1)
  return {
    ancestorTitles,
    title,
    fullName: path.join(' '),
    status: errors.length > 0 ? 'failed' : OUTCOMES[status],
    failureMessages: errors,
    failureDetails: [],
    duration,
    invocations,
    location: null,
    numPassingAsserts,
    retryReasons,
  }
}

const OUTCOMES = { done: 'passed', skip: 'pending', todo: 'todo' }

function emptyResult(testFilePath, start) {
  const end = Date.now()
  const runtime = end - start
  const perfStats = {
    start,
    end,
    runtime,
    slow: runtime > SLOW_MS,
    loadTestEnvironmentStart: start,
    loadTestEnvironmentEnd: start,
    setupFilesStart: start,
    setupFilesEnd: start,
    setupAfterEnvStart: start,
    setupAfterEnvEnd: start,
  }
  return { ...createEmptyTestResult(), testFilePath, perfStats }
}
