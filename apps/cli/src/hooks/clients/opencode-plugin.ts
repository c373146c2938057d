import type { HookProgram } from '../hook-file.ts'

/** opencode has no hooks that are programs: this plugin asks the hook client. Whatever is not an allow throws, which stops the tool. */
export const opencodePlugin = (hook: HookProgram): string =>
  `${HEAD}const HOOK = ${JSON.stringify([...hook, 'opencode'])}\n${BODY}`

const HEAD = `// Written by \`writ hooks install\`; \`writ hooks uninstall\` takes it away.
import { spawn } from 'node:child_process'

`

const BODY = `const LIMIT_MS = 5000

export const Writ = async ({ directory, worktree }) => {
  // Outside of a repository it calls the root of the disk its work tree.
  const project = worktree === '/' ? directory : worktree
  const asked = (event, { tool, sessionID, callID }, more) =>
    ask({ event, session: sessionID, call: callID, tool, directory, worktree: project, ...more })
  return {
    'tool.execute.before': async (input, output) => {
      const { args } = await asked('tool.execute.before', input, { args: output.args })
      if (args !== undefined) output.args = args
    },
    'tool.execute.after': async (input, output) => {
      const told = { args: input.args, result: output.output }
      const answer = await asked('tool.execute.after', input, told)
      if (typeof answer.output === 'string') output.output = answer.output
    },
  }
}

async function ask(event) {
  const { exit, stdout, stderr } = await run(JSON.stringify(event))
  const answer = exit === 0 ? read(stdout) : null
  if (answer?.decision === 'allow') return answer
  throw new Error(read(stdout)?.reason || stderr.trim() || 'writ: no answer, so this does not happen')
}

function read(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function run(input) {
  return new Promise((resolve) => {
    const child = spawn(HOOK[0], HOOK.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
    const words = { stdout: '', stderr: '' }
    // What it has started may hold its pipes open: nothing more is waited for.
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      resolve({ exit: 2, stdout: '', stderr: 'writ: no answer in time' })
    }, LIMIT_MS)
    for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (words[name] += chunk))
    child.on('error', (error) => resolve({ exit: 2, stdout: '', stderr: \`writ: \${error.message}\` }))
    child.on('close', (code) => {
      clearTimeout(late)
      resolve({ exit: code ?? 2, ...words })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
`
