import { describe, expect, it } from '@jest/globals'
import type { Outside } from './outside.ts'
import { isKept, machineOutside } from './outside.ts'
import type { Refused } from './refused.ts'
import { refusedOf } from './refused.ts'

describe('a line of the bridge', () => {
  it('is read into what was refused, by the name of the call', () => {
    expect(refusedOf('3 read-missing 257 /home/dev/.ssh/id', 'x64')).toEqual({
      what: 'read-missing',
      call: 'openat',
      about: '/home/dev/.ssh/id',
      times: 3,
    })
    expect(refusedOf('1 call 117 -', 'arm64')).toMatchObject({ call: 'ptrace', about: '' })
    expect(refusedOf('1 host 206 10.0.0.1:53', 'arm64')).toMatchObject({ call: 'sendto' })
    expect(refusedOf('1 call 599 -', 'x64')).toMatchObject({ call: 'call 599' })
    expect(refusedOf('1 other-numbers -1 x32', 'x64')).toMatchObject({ call: 'a call', about: 'x32' })
  })

  it('has every byte of a name back, and marks what is no text', () => {
    expect(refusedOf('1 write 257 /a%20b%0a%25%c3%a9%e2%82%ac', 'x64')?.about).toBe('/a b\n%é€')
    expect(refusedOf('1 write 257 /%ff%00', 'x64')?.about).toBe('/\ufffd\0')
  })

  it.each([
    '',
    '0 read 257 /a',
    '-1 read 257 /a',
    '1 read 257',
    '1 read 257 /a b',
    '1 readall 257 /a',
    '1 read x /a',
    '99999999999 read 257 /a',
    '1 read 257 /a\u00e9',
    `1 read 257 /${'a'.repeat(2001)}`,
  ])('that is none is not believed: %j', (line) => {
    expect(refusedOf(line, 'x64')).toBeNull()
  })
})

describe('what is missing inside', () => {
  const outside: Outside = {
    hasPath: (path) => ['/home/dev/.ssh/id', '/srv', '/run/own.sock'].includes(path),
    hasName: (name) => name === 'theirs',
    hasPort: (port) => port === 5432,
  }
  const kept = (what: Refused['what'], about: string): boolean =>
    isKept({ what, about, call: 'x', times: 1 }, outside)

  it.each([
    ['read-missing', '/home/dev/.ssh/id', '/usr/lib/locale/xx'],
    ['delete-missing', '/srv', '/srv2'],
    ['write-missing', '/srv', '/srv/new'],
    ['make-missing', '/srv/new', '/nowhere/new'],
    ['socket-missing', '/run/own.sock', '/tmp/.X11-unix/X0'],
    ['socket-missing', '/var/run/docker.sock', '/run/nscd/socket'],
    ['socket-missing', '/run/user/1000/podman/podman.sock', '/run/user/1000/dockerish'],
    ['name-missing', 'theirs', 'mine'],
    ['port-missing', '127.0.0.1:5432', '127.0.0.1:3000'],
    ['port-missing', '[::1]:5432', '[::1]:54'],
  ] as const)('%s: %s is kept from it, %s is nowhere', (what, there, nowhere) => {
    expect([kept(what, there), kept(what, nowhere)]).toEqual([true, false])
  })

  it('is no question where the kernel says no to what is there', () => {
    for (const what of ['read', 'write', 'delete', 'host', 'call', 'signal', 'hidden'] as const)
      expect(kept(what, '/nowhere')).toBe(true)
  })

  it('is looked for on this machine, and nothing is opened for it', () => {
    expect(machineOutside.hasPath('/proc/self/status')).toBe(true)
    expect(machineOutside.hasPath('/nowhere/at/all')).toBe(false)
    expect(machineOutside.hasPath('/proc/self/status/below')).toBe(false)
    expect(machineOutside.hasPath('/a\0b')).toBe(false)
    expect(machineOutside.hasName('nobody has this name')).toBe(false)
  })
})
