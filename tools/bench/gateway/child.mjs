// Processes of the benchmark, placed on their core before they are measured.
import { fork, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { place } from './placement.mjs'

/**
 * Starts a module beside this one and waits until it says something, unless it is silent.
 * @returns {Promise<{ pid: number, said: any, ask: (message: any) => Promise<any> }>} `ask`: one question, one answer
 * @throws with its last words when it ends first
 */
export async function startModule(running, file, { env = {}, yields = false, isSilent = false } = {}) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  running.add(file, () => end(child))
  let words = ''
  child.stderr.on('data', (text) => (words = (words + text).slice(-2000)))
  place(child.pid, { yields })
  const heard = () =>
    new Promise((resolve, reject) => {
      const onExit = (code) => reject(new Error(`${file} ended with ${code}: ${words.trim()}`))
      child.once('exit', onExit)
      child.once('message', (message) => resolve(message) ?? child.off('exit', onExit))
    })
  const ask = (message) => {
    const answer = heard()
    child.send(message)
    return answer
  }
  return { pid: child.pid, said: isSilent ? null : await heard(), ask }
}

/** Starts a program that listens on a port, and waits until it does. */
export async function startProgram(running, { command, args, port, env = {}, cwd = '/' }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.add(command, () => end(child))
  let words = ''
  let isOver = false
  child.stderr.on('data', (text) => (words = (words + text).slice(-2000)))
  child.once('error', (error) => (words += error.message))
  child.once('close', () => (isOver = true))
  if (child.pid !== undefined) place(child.pid)
  for (let waited = 0; !(await isListening(port)); waited += 50) {
    if (isOver || waited > 30_000) throw new Error(`${command} does not serve: ${words.trim()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  place(child.pid)
  return { pid: child.pid }
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true) ?? socket.destroy())
    socket.once('error', () => resolve(false))
  })
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const over = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 3000)
  await over
  clearTimeout(force)
}
