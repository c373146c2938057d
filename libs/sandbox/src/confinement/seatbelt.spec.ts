import { describe, expect, it } from '@jest/globals'
import { CLIENT_PROFILES } from '../profiles.ts'
import { seatbeltProfile } from './seatbelt.ts'

const profile = seatbeltProfile({
  profile: CLIENT_PROFILES['claude-code'],
  home: '/Users/ada',
  workspaces: ['/Users/ada/a "quoted" place'],
  readable: ['/Users/ada/more'],
  writable: [],
  runDirectory: '/private/tmp/writ-run-1',
  proxyPort: 3128,
  hookSocket: '/private/tmp/writ-run-1/hook.sock',
})
const lines = profile.split('\n')
const lineOf = (start: string): number => lines.findIndex((line) => line.startsWith(start))

describe('the profile of Seatbelt', () => {
  it('denies by default, and the network but for one port of loopback and one socket', () => {
    expect(lines.slice(0, 2)).toEqual(['(version 1)', '(deny default)'])
    expect(profile).toContain('(deny network*)')
    expect(profile).toContain('(allow network-outbound (remote ip "localhost:3128"))')
    expect(profile.match(/network-outbound/g)).toHaveLength(2)
  })

  it('closes homes before it opens what is needed of them: a later rule wins', () => {
    const closed = lineOf('(deny file-read*')
    const opened = lines.findIndex(
      (line, at) => at > closed && line.startsWith('(allow file-read* (subpath "/Users/ada'),
    )
    expect(closed).toBeGreaterThan(0)
    expect(opened).toBeGreaterThan(closed)
    expect(profile).not.toContain('.ssh')
  })

  it('holds what is protected after it opened the workspace', () => {
    const held = lineOf('(deny file-write* ')
    expect(held).toBeGreaterThan(lineOf('(allow file-write* '))
    expect(lines[held]).toContain(String.raw`(subpath "/Users/ada/a \"quoted\" place/.git/hooks")`)
  })

  it('balances its parentheses, whatever the names of folders are', () => {
    const bare = profile.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    expect(bare.split('(').length).toBe(bare.split(')').length)
  })
})
