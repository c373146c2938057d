import { describe, expect, it } from '@jest/globals'
import { openConversations } from './conversations.ts'

const HOUR_MS = 3_600_000
const fileOf = (kept: { text: string | null }) => ({
  read: async () => kept.text,
  write: async (text: string) => void (kept.text = text),
})

describe('conversations', () => {
  it('are alone when no other is open', async () => {
    const conversations = await openConversations(null, () => 0)
    expect(conversations.began('a', '/w')).toBe(true)
    expect(conversations.began('b', null)).toBe(false)
    conversations.ended('a')
    conversations.ended('b')
    expect(conversations.began('c', null)).toBe(true)
  })

  it('that nobody ended count as over after half a day of silence', async () => {
    let nowMs = 0
    const conversations = await openConversations(null, () => nowMs)
    conversations.began('a', '/w')
    nowMs += 11 * HOUR_MS
    expect(conversations.began('b', null)).toBe(false)
    nowMs += 13 * HOUR_MS
    expect(conversations.count()).toBe(0)
    expect(conversations.began('c', null)).toBe(true)
  })

  it('keep the directory in which they began, and are open again after a restart', async () => {
    const kept: { text: string | null } = { text: null }
    const before = await openConversations(fileOf(kept), () => 1)
    before.began('a', '/w')
    expect(before.seen('a', '/elsewhere')).toBe('/w')
    await before.settled()
    const after = await openConversations(fileOf(kept), () => 2)
    expect(after.began('b', null)).toBe(false)
    expect(after.seen('a', '/')).toBe('/w')
  })

  it.each(['', '{', '[1]', '[["a",{}]]'])('of a damaged file are none: %j', async (text) => {
    const conversations = await openConversations(fileOf({ text }), () => 0)
    expect(conversations.count()).toBe(0)
  })
})
