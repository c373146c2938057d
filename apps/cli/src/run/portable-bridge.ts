// The bridge of native/writ-bridge in JavaScript, for systems without a compiler: same arguments, same control. One file, no imports but
// Node's own: it is bound into the sandbox alone. No Landlock, no terminal of its own; the session is not the terminal's either way.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { connect, createServer, Socket } from 'node:net'

const { port, to, control, command } = wordsOf(process.argv.slice(2))
const line = new Socket({ fd: control, readable: true, writable: true })
const server = createServer({ allowHalfOpen: true }, (inside) => {
  const outside = connect({ path: to, allowHalfOpen: true })
  const end = () => {
    inside.destroy()
    outside.destroy()
  }
  inside.on('error', end)
  outside.on('error', end)
  inside.pipe(outside).pipe(inside)
})
server.listen(port, '127.0.0.1', () => {
  line.write('R')
  line.once('data', begin)
})
line.on('end', () => process.exit(125))
line.on('error', () => process.exit(125))

function begin(word: Buffer): void {
  if (word[0] !== 'G'.charCodeAt(0)) process.exit(125)
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: 'inherit', detached: true })
  child.on('error', ({ message }) => {
    process.stderr.write(`writ: ${message}\n`)
    process.exit(127)
  })
  child.on('exit', (code, signal) =>
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  )
  line.on('data', (numbers: Buffer) => {
    for (const number of numbers) pass(child.pid, number)
  })
}

function pass(pid: number | undefined, number: number): void {
  if (pid === undefined || number === constants.signals.SIGWINCH) return
  try {
    process.kill(-pid, number)
  } catch {
    // it has ended
  }
}

function wordsOf(words: readonly string[]) {
  const split = words.indexOf('--')
  const options = words.slice(0, split)
  const valueOf = (name: string): string => options[options.indexOf(name) + 1] ?? ''
  return {
    port: Number(valueOf('--listen')),
    to: valueOf('--to'),
    control: Number(valueOf('--control')),
    command: words.slice(split + 1),
  }
}
