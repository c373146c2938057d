/**
 * The plugin that opencode loads: opencode starts no programs as hooks, so it asks the hook client itself. `hookClient` is the absolute
 * path of that program; `flags` go before the client's name. Whatever is not a whole, readable `allow` throws, and what throws does not run.
 */
export function opencodePlugin(hookClient: string, flags: readonly string[] = []): string {
  const command = JSON.stringify([hookClient, ...flags, 'opencode'])
  return SOURCE.replace('"WRIT_HOOK_COMMAND"', () => command)
}

const SOURCE = `// Written by \`writ hooks install\`. Every tool call, and what came of it, is decided by the Writ daemon of this machine.
import { spawn } from "node:child_process"

const COMMAND = "WRIT_HOOK_COMMAND"
const MOST_MILLISECONDS = 5000
const MOST_BYTES = 8 * 1024 * 1024

function ask(event) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = COMMAND
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] })
    let out = "", err = ""
    const timer = setTimeout(() => child.kill("SIGKILL"), MOST_MILLISECONDS)
    const keep = (text, chunk) => (text.length > MOST_BYTES ? text : text + chunk)
    child.stdout.setEncoding("utf8").on("data", (chunk) => { out = keep(out, chunk) })
    child.stderr.setEncoding("utf8").on("data", (chunk) => { err = keep(err, chunk) })
    child.stdin.on("error", () => {})
    child.on("error", (fault) => { clearTimeout(timer); reject(new Error("Writ: the hook client does not start: " + fault.message)) })
    child.on("close", (code) => {
      clearTimeout(timer)
      try {
        resolve(read(code, out, err))
      } catch (fault) {
        reject(fault)
      }
    })
    child.stdin.end(JSON.stringify(event))
  })
}

function read(code, out, err) {
  const no = new Error(err.trim() || "Writ: no readable answer, so nothing may happen")
  if (code !== 0) throw no
  let answer
  try { answer = JSON.parse(out) } catch { throw no }
  if (answer === null || typeof answer !== "object" || answer.decision !== "allow") throw no
  return answer
}

function replace(target, members) {
  for (const key of Object.keys(target)) delete target[key]
  Object.assign(target, members)
}

export const Writ = async ({ directory, worktree }) => {
  const place = { directory, worktree }
  // What came of a call is told without its arguments in some versions.
  const started = new Map()
  return {
    "tool.execute.before": async (input, output) => {
      const about = { event: "tool.execute.before", tool: input.tool, session: input.sessionID, call: input.callID }
      const answer = await ask({ ...about, ...place, args: output.args ?? {} })
      if (answer.args !== undefined) replace(output.args, answer.args)
      started.set(input.callID, structuredClone(output.args ?? {}))
    },
    "tool.execute.after": async (input, output) => {
      const about = { event: "tool.execute.after", tool: input.tool, session: input.sessionID, call: input.callID }
      const args = input.args ?? started.get(input.callID) ?? {}
      started.delete(input.callID)
      try {
        const answer = await ask({ ...about, ...place, args, result: { title: output.title ?? "", output: output.output ?? "" } })
        if (answer.output !== undefined) output.output = answer.output
      } catch (fault) {
        replace(output, { title: "withheld", output: fault.message, metadata: {} })
      }
    },
    "chat.message": async (input, output) => {
      const prompt = (output.parts ?? []).filter((part) => part.type === "text").map((part) => part.text).join("\\n")
      await ask({ event: "chat.message", session: input.sessionID, ...place, prompt })
    },
  }
}
`
