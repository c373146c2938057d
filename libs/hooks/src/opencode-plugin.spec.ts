import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, it } from '@jest/globals'
import { opencodePlugin } from './opencode-plugin.ts'

const folder = mkdtempSync(join(tmpdir(), 'writ-plugin-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The plugin as opencode loads it, in a process of its own, with a hook client that answers as the script says. */
function called(
  script: string,
  hook: string,
): { args?: unknown; output?: unknown; threw?: string; asked?: string } {
  const client = join(folder, 'hook')
  const asked = join(folder, 'asked')
  writeFileSync(client, `#!/bin/sh\ncat > '${asked}'\n${script}\n`)
  chmodSync(client, 0o755)
  writeFileSync(join(folder, 'plugin.mjs'), opencodePlugin(client, ['--socket', "/a'b"]))
  writeFileSync(
    join(folder, 'run.mjs'),
    `import { Writ } from './plugin.mjs'
     import { readFileSync } from 'node:fs'
     const hooks = await Writ({ directory: '/home/dev/app', worktree: '/home/dev' })
     const output = { args: { command: 'ls', gone: 1 }, title: 'SECRET', output: 'SECRET', metadata: { a: 'SECRET' }, parts: [{ type: 'text', text: 'hi' }] }
     let threw
     try { await hooks[process.argv[2]]({ tool: 'bash', sessionID: 's', callID: 'c' }, output) } catch (fault) { threw = fault.message }
     console.log(JSON.stringify({ ...output, threw, asked: readFileSync(${JSON.stringify(asked)}, 'utf8') }))`,
  )
  const run = spawnSync(process.execPath, [join(folder, 'run.mjs'), hook], { encoding: 'utf8' })
  return JSON.parse(run.stdout)
}

const before = 'tool.execute.before'

describe('the plugin of opencode', () => {
  it('asks for a call in the form that is read here, and lets it run when it is allowed', () => {
    const { args, threw, asked } = called(`echo '{"decision":"allow"}'`, before)
    expect({ args, threw }).toEqual({ args: { command: 'ls', gone: 1 }, threw: undefined })
    expect(JSON.parse(asked ?? '')).toEqual({
      event: before,
      tool: 'bash',
      session: 's',
      call: 'c',
      directory: '/home/dev/app',
      worktree: '/home/dev',
      args: { command: 'ls', gone: 1 },
    })
  })

  it('puts changed arguments in place of all of the old ones', () => {
    const { args } = called(`echo '{"decision":"allow","args":{"command":"true"}}'`, before)
    expect(args).toEqual({ command: 'true' })
  })

  it.each([
    ['a deny', `echo '{"decision":"deny","reason":"r"}'; echo 'no: r' >&2; exit 2`, 'no: r'],
    ['a deny without exit code', `echo '{"decision":"deny"}'`, 'no readable answer'],
    ['an allow with another exit code', `echo '{"decision":"allow"}'; exit 1`, 'no readable answer'],
    ['nothing', '', 'no readable answer'],
    ['a beginning', `echo '{"decision":"allow"'`, 'no readable answer'],
    ['null', 'echo null', 'no readable answer'],
    ['a signal', 'kill -9 $$', 'no readable answer'],
  ])('throws on %s, so that nothing runs', (_what, script, reason) => {
    expect(called(script, before).threw).toContain(reason)
    expect(called(script, 'chat.message').threw).toContain(reason)
  })

  it('keeps a result from the model that is denied, or that nobody answers for', () => {
    const { output, threw } = called(`echo no >&2; exit 2`, 'tool.execute.after')
    expect({ output, threw }).toEqual({ output: 'no', threw: undefined })
    expect(JSON.stringify(called('exit 7', 'tool.execute.after').output)).not.toContain('SECRET')
  })

  it('puts a changed result in place of the old one', () => {
    expect(called(`echo '{"decision":"allow","output":"less"}'`, 'tool.execute.after').output).toBe('less')
  })
})
