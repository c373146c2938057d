// A private ClickHouse, thrown away at the end: from PATH, or an unpacked copy of the distribution's package.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { libraryPathOf, unpackedCopy } from './debian-copy.mjs'
import { freePort } from './ports.mjs'

const START_MS = 30_000

/**
 * @param {{ stateDir: string, copyDir: string, say: (text: string) => void }} options
 * @returns {Promise<{ url: string, version: string, stop: () => Promise<void> }>}
 * @throws in one line, why there is none
 */
export async function startClickHouse({ stateDir, copyDir, say }) {
  const { program, libraryPath } = await findClickHouse({ copyDir, say })
  mkdirSync(stateDir, { recursive: true })
  const port = await freePort(0)
  const tcpPort = await freePort(0)
  writeFileSync(join(stateDir, 'config.xml'), configuration({ stateDir, port, tcpPort }))
  writeFileSync(join(stateDir, 'users.xml'), USERS)
  const child = spawn(program, [`--config-file=${join(stateDir, 'config.xml')}`], {
    cwd: stateDir,
    stdio: 'ignore',
    env: environmentWith(libraryPath),
  })
  const exited = new Promise((done) => {
    child.once('exit', done)
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
  }
  const url = `http://127.0.0.1:${port}`
  for (const until = Date.now() + START_MS; Date.now() < until && child.exitCode === null; await sleep(100)) {
    const version = await versionAt(url)
    if (version !== null) return { url, version, stop }
  }
  await stop()
  throw new Error(`ClickHouse did not start: see ${join(stateDir, 'error.log')}`)
}

async function findClickHouse({ copyDir, say }) {
  const onPath = runs('clickhouse-server', '')
  if (onPath) return { program: 'clickhouse-server', libraryPath: '' }
  const packages = ['clickhouse-server', 'clickhouse-common']
  return unpackedCopy({ name: 'clickhouse-server', packages, copyDir, find: programIn, say })
}

function programIn(root) {
  const program = join(root, 'usr/sbin/clickhouse-server')
  if (!existsSync(program)) return null
  const libraryPath = libraryPathOf(root)
  return runs(program, libraryPath) ? { program, libraryPath } : null
}

// The packages' old server knows neither --help nor --version; that it says so shows that it is loaded with all its libraries.
function runs(program, libraryPath) {
  const { status, stderr } = spawnSync(program, ['--version'], {
    env: environmentWith(libraryPath),
    encoding: 'utf8',
  })
  return status === 0 || /Unknown option/.test(stderr ?? '')
}

const environmentWith = (libraryPath) => ({
  ...process.env,
  ...(libraryPath !== '' && { LD_LIBRARY_PATH: libraryPath }),
})

async function versionAt(url) {
  try {
    const answer = await fetch(`${url}/?query=${encodeURIComponent('SELECT version()')}`)
    return answer.ok ? (await answer.text()).trim() : null
  } catch {
    return null
  }
}

const configuration = ({ stateDir, port, tcpPort }) => `<yandex>
  <logger><level>warning</level><log>${stateDir}/server.log</log><errorlog>${stateDir}/error.log</errorlog></logger>
  <http_port>${port}</http_port><tcp_port>${tcpPort}</tcp_port><listen_host>127.0.0.1</listen_host>
  <path>${stateDir}/</path><tmp_path>${stateDir}/tmp/</tmp_path>
  <users_config>${stateDir}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size><timezone>UTC</timezone>
</yandex>
`

const USERS = `<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage></default></profiles>
  <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
  <quotas><default></default></quotas>
</yandex>
`
