import { describe, expect, it } from '@jest/globals'
import { ArchiveConflict } from './ports.ts'
import type { AuditArchive } from './ports.ts'

/** What every archive does. @param open an archive that is empty; `reopened` is the same store seen by another process */
export function describeArchive(
  name: string,
  open: () => Promise<{ readonly archive: AuditArchive; readonly reopened: () => Promise<AuditArchive> }>,
): void {
  const later = new Date(Date.now() + 60_000)
  describe(`the archive ${name}`, () => {
    it('gives back what it keeps, also to whoever opens it later', async () => {
      const { archive, reopened } = await open()
      const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251)
      expect(await archive.put('log/tile/0/x001/067', bytes, later)).toBe('kept')
      for (const one of [archive, await reopened()])
        expect(Buffer.from((await one.get('log/tile/0/x001/067')) ?? []).equals(bytes)).toBe(true)
      expect(await archive.get('log/tile/0/x001/068')).toBeNull()
    })

    it('keeps an empty copy, and knows it from none', async () => {
      const { archive } = await open()
      await archive.put('log/empty', new Uint8Array(), later)
      expect(await archive.get('log/empty')).toHaveLength(0)
    })

    it('takes the same again, and never anything else by the same name', async () => {
      const { archive } = await open()
      await archive.put('log/checkpoint', bytesOf('first'), later)
      expect(await archive.put('log/checkpoint', bytesOf('first'), later)).toBe('kept-before')
      for (const other of ['second', '', 'first and more', 'firs'])
        await expect(archive.put('log/checkpoint', bytesOf(other), later)).rejects.toThrow(ArchiveConflict)
      expect(Buffer.from((await archive.get('log/checkpoint')) ?? []).toString()).toBe('first')
    })

    it('keeps exactly one of several that come at once', async () => {
      const { archive } = await open()
      const texts = Array.from({ length: 8 }, (_, at) => `writer ${at}`)
      const kept = await Promise.allSettled(
        texts.map((text) => archive.put('log/race', bytesOf(text), later)),
      )
      const winners = texts.filter((_, at) => kept[at]?.status === 'fulfilled')
      expect(winners).toHaveLength(1)
      expect(Buffer.from((await archive.get('log/race')) ?? []).toString()).toBe(winners[0])
    })

    it('names what it keeps, in order, by how it begins', async () => {
      const { archive } = await open()
      for (const one of ['b/2', 'a/10', 'a/9', 'ab', 'a/sub/1']) await archive.put(one, bytesOf(one), later)
      expect(await namesIn(archive, 'a/')).toEqual(['a/10', 'a/9', 'a/sub/1'])
      expect(await namesIn(archive, '')).toEqual(['a/10', 'a/9', 'a/sub/1', 'ab', 'b/2'])
      expect(await namesIn(archive, 'c')).toEqual([])
    })

    it.each([
      '',
      '/',
      '/etc/passwd',
      'a//b',
      'a/../b',
      '../a',
      './a',
      'a/',
      'a\\b',
      'a\0b',
      'ü',
      'x'.repeat(513),
    ])('takes %j for no name', async (bad) => {
      const { archive } = await open()
      await expect(archive.put(bad, bytesOf('x'), later)).rejects.toThrow(TypeError)
      expect(await namesIn(archive, '')).toEqual([])
    })
  })
}

const bytesOf = (text: string) => Buffer.from(text)

async function namesIn(archive: AuditArchive, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const one of archive.names(prefix)) names.push(one)
  return names
}
