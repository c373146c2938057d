/** The system took fewer bytes than it was given: what a full disk does before it says so. */
export class ShortWrite extends Error {
  override readonly name = 'ShortWrite'
  constructor(writtenBytes: number, givenBytes: number) {
    super(`the disk took ${writtenBytes} of ${givenBytes} bytes`)
  }
}

export const isFullDisk = (error: unknown): boolean =>
  error instanceof ShortWrite ||
  (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
