import { ControlPlaneAway, readState, writeState } from '@writ/point'

export type Standing = {
  /** Takes note of what the control plane says to a request of this device. */
  readonly heard: <T>(answer: Promise<T>) => Promise<T>
  /** the control plane's last word on this device was a no */
  readonly isRefused: () => boolean
}

/**
 * A device that was revoked, or whose agent was, is told no more of its tenant: its bundle would go on naming the agent. So the no itself
 * counts, over restarts too, until the control plane says something else. Silence is no word.
 */
export async function openStanding(path: string): Promise<Standing> {
  let isRefused = (await readState(path)) === REFUSED
  const keep = async (next: boolean): Promise<void> => {
    if (next === isRefused) return
    isRefused = next
    await writeState(path, next ? REFUSED : '')
  }
  return {
    isRefused: () => isRefused,
    heard: async (answer) => {
      try {
        const content = await answer
        await keep(false)
        return content
      } catch (error) {
        if (isNo(error)) await keep(true)
        throw error
      }
    },
  }
}

const REFUSED = 'refused'

const isNo = (error: unknown): boolean =>
  error instanceof ControlPlaneAway && (error.status === 401 || error.status === 403)
