/** What stands for a signal in rewritten text: `pii.email` is EMAIL. Made of A-Z, 0-9 and underscore, so that it can be found again. */
export const labelOf = (signal: string): string =>
  signal
    .slice(signal.lastIndexOf('.') + 1)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_')
    .slice(0, MAX_LABEL)

/** Characters. */
export const MAX_LABEL = 64
