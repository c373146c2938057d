import { describe, expect, it } from '@jest/globals'
import { factsFound, understood } from './given.suite.ts'
import { canonicalHost, kindOfHost } from './hosts.ts'

const fetching = (url: string) => factsFound({ kind: 'network.fetch', url })
const kindOf = (host: string) => kindOfHost(canonicalHost(host) ?? '')

describe('a host', () => {
  it.each([
    '169.254.169.254',
    '169.254.43518',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.254.169.254.',
    '\uff11\uff16\uff19.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fd00:ec2::254',
    'fd00:0ec2:0000:0000:0000:0000:0000:0254',
    '169.254.169.254.nip.io',
    'x.169-254-169-254.sslip.io',
    'a9fea9fe.nip.io',
    'metadata.google.internal',
    'METADATA.GOOGLE.INTERNAL.',
    'instance-data.ec2.internal'.replace('.ec2.internal', ''),
  ])('is the metadata service, however it is spelled: %s', (host) => expect(kindOf(host)).toBe('metadata'))

  it.each([
    '10.0.0.1',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    'fd12::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    'db.internal',
    'printer.local',
    'intranet',
    '10.0.0.1.nip.io',
  ])('is inside a network: %s', (host) => expect(kindOf(host)).toBe('private'))

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    'localhost',
    'a.localhost',
    'LOCALHOST.',
    '127.0.0.1.nip.io',
  ])('is this machine: %s', (host) => expect(kindOf(host)).toBe('loopback'))

  it.each(['example.com', '8.8.8.8', '172.32.0.1', '2606:4700::1', '11.0.0.1', 'internal.example.com'])(
    'is anywhere: %s',
    (host) => expect(kindOf(host)).toBe('public'),
  )

  it('is none where no client would take it for one', () => {
    for (const text of ['', 'a b', '999.1.1.1', 'x:y:z', 'user@x.example', 'x.example:80'])
      expect(canonicalHost(text)).toBeNull()
  })
})

describe('a fetch', () => {
  it('of the metadata service is sure, and so is a connection', () => {
    expect(fetching('http://0xA9.0xFE.0xA9.0xFE/latest')).toContain('metadata_access sure')
    expect(factsFound({ kind: 'network.connect', host: '::ffff:a9fe:a9fe', port: 80 })).toContain(
      'metadata_access sure',
    )
  })

  it.each([
    'file:///home/dev/.ssh/id_rsa',
    'file://localhost/etc/shadow',
    'FILE:///home/dev/.aws/credentials',
    'file:///home/dev/%2essh/id_rsa',
  ])('of a file is a read: %s', (url) => expect(fetching(url)).toContain('credential_read sure'))

  it.each([
    'https://github.com@evil.example/',
    'https://github.com%2f@evil.example/',
    'https://evil.example\\@github.com/',
    'https://exam\nple.com/',
    'http://0x7f.1/',
    'http://2130706433/',
    'https://g\u0456thub.com/',
    'https://xn--gthub-n2e.com/',
    'https://\u0430\u0440\u0440\u04cf\u0435.com/',
    'https://[::ffff:10.0.0.1]/',
  ])('that looks like another one is asked about: %j', (url) =>
    expect(fetching(url)).toContain('disguised_host possible'),
  )

  it.each([
    'https://docs.example/a?b=c#d',
    'http://localhost:3000/',
    'http://127.0.0.1:8080/',
    'http://[::1]:3000/',
    'https://m\u00fcnchen.example/',
    'https://xn--mnchen-3ya.example/',
    'https://\u043f\u0440\u0438\u043c\u0435\u0440.example/',
    'docs.example/page',
  ])('that is what it looks like says nothing: %s', (url) => expect(fetching(url)).toEqual([]))

  it.each(['gopher://x.example/', 'javascript:alert(1)', 'http://', 'ftp://x.example'])(
    'that no tool should make cannot be read: %s',
    (url) => expect(fetching(url)).toContain('unresolvable possible'),
  )

  it('of a service that hands out this machine is asked about', () => {
    expect(fetching('http://127.0.0.1:2375/containers/json')).toEqual(['privilege possible'])
    expect(fetching('http://localhost:9222/json')).toEqual(['credential_read possible'])
    expect(fetching('https://x.example:2375/')).toEqual([])
  })

  it('of which only the command knows the host says nothing by that', () => {
    for (const command of ['curl "$URL"', 'curl https://api.$STAGE.example.com/'])
      expect(factsFound({ kind: 'shell', command })).toEqual([])
  })

  it('names its host in one spelling', () => {
    expect(understood({ kind: 'network.fetch', url: 'HTTPS://Docs.Example.:8443/x' }).hosts).toEqual([
      'docs.example',
    ])
    expect(understood({ kind: 'shell', command: 'curl http://0x7f.1:3000/a' }).hosts).toEqual(['127.0.0.1'])
  })
})
