// nginx as a plain hop: the floor that others are measured against. The one on PATH, else a private copy of the distribution's package.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { libraryPathOf, unpackedCopy } from '../../local/debian-copy.mjs'
import { freePort } from '../../local/ports.mjs'
import { stateDirectory } from '../../state.mjs'
import { startProgram } from './child.mjs'

/** @throws in one line, when there is none to be had */
export async function startNginx(running, { upstreamUrl, say }) {
  const { program, libraryPath, version } = await provideNginx(say)
  const folder = mkdtempSync(join(tmpdir(), 'writ-bench-nginx-'))
  running.add('nginx folder', () => rmSync(folder, { recursive: true, force: true }))
  // Its worker is another user when we are root.
  chmodSync(folder, 0o711)
  mkdirSync(join(folder, 'temp'))
  const port = await freePort(0)
  const conf = join(folder, 'nginx.conf')
  writeFileSync(conf, configuration({ folder, port, upstream: new URL(upstreamUrl).host }))
  const args = ['-e', 'stderr', '-p', folder, '-c', conf]
  const { pid } = await startProgram(running, { command: program, args, port, env: environment(libraryPath) })
  return { url: `http://127.0.0.1:${port}/mcp`, pids: [pid], version }
}

async function provideNginx(say) {
  const installed = nginxAt('nginx')
  if (installed !== null) return installed
  return unpackedCopy({
    name: 'nginx',
    packages: ['nginx'],
    copyDir: join(stateDirectory(), 'nginx-bin'),
    find: (root) => {
      const program = join(root, 'usr', 'sbin', 'nginx')
      return existsSync(program) ? nginxAt(program, libraryPathOf(root)) : null
    },
    say,
  })
}

function nginxAt(program, libraryPath) {
  const env = { ...process.env, ...environment(libraryPath) }
  const { status, stderr } = spawnSync(program, ['-v'], { env, encoding: 'utf8', timeout: 10_000 })
  const version = /nginx\/([\d.]+)/.exec(stderr ?? '')?.[1]
  return status === 0 && version !== undefined ? { program, libraryPath, version } : null
}

const environment = (libraryPath) => (libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {})

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

const configuration = ({ folder, port, upstream }) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 120s;
  ${TEMPORARY.map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`).join('\n  ')}
  upstream tools { server ${upstream}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 10m;
    proxy_buffers 8 32k;
    location / { proxy_pass http://tools; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
