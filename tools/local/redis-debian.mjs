import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { libraryPathOf, unpackedCopy } from './debian-copy.mjs'
import { redisServer } from './redis-server.mjs'

/**
 * The Redis of the distribution's package, unpacked privately.
 * @param {{ copyDir: string, say: (text: string) => void }} options
 * @returns {Promise<{ program: string, libraryPath: string, version: string, how: string }>}
 * @throws in one line, why there is none
 */
export const unpackedRedis = ({ copyDir, say }) =>
  unpackedCopy({
    name: 'redis-server',
    packages: ['redis-server', 'redis-tools'],
    copyDir,
    find: serverIn,
    say,
  })

function serverIn(root) {
  const program = join(root, 'usr', 'bin', 'redis-server')
  return existsSync(program) ? redisServer(program, libraryPathOf(root)) : null
}
