import { ControlPlaneAway, readState, writeState } from '@writ/point'

/** Keeps the content key over a restart as it came, sealed to this device: a session that is remembered stays readable without the control plane. */
export const keptContentKey =
  (path: string, fetch: (tenantSlug: string) => Promise<string>) =>
  async (tenantSlug: string): Promise<string> => {
    try {
      const sealed = await fetch(tenantSlug)
      await writeState(path, sealed)
      return sealed
    } catch (error) {
      const isNo = error instanceof ControlPlaneAway && error.status !== null && error.status < 500
      const kept = isNo ? null : await readState(path)
      if (kept === null) throw error
      return kept
    }
  }
