// Postgres refuses to run as root. Started by root, the embedded servers therefore run as an id that needs no account.
import { spawnSync } from 'node:child_process'

export const isRoot = () => process.getuid?.() === 0

/** The ids that the embedded servers run as: none of their own for an ordinary user, nobody's for root. */
export function serverIdentity() {
  return isRoot() ? { uid: 65534, gid: 65534 } : undefined
}

/** Whether the embedded servers can enter this directory. Asked of the system itself, not read from permission bits. */
export function canEnter(directory, identity) {
  return succeeds('/bin/sh', ['-c', 'cd "$0"', directory], identity)
}

/** Whether a program runs as the embedded servers' id. */
export function canRun(program, args, identity, env = process.env) {
  return succeeds(program, args, identity, env)
}

function succeeds(program, args, identity, env = process.env) {
  const { status } = spawnSync(program, args, {
    ...identity,
    env,
    cwd: '/',
    stdio: 'ignore',
    timeout: 10_000,
  })
  return status === 0
}
