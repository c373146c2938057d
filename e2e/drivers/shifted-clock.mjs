// Preloaded into one program: its wall clock is off by WRIT_TEST_CLOCK_SHIFT_MS, as on a machine that nobody set.
const shiftMs = Number(process.env.WRIT_TEST_CLOCK_SHIFT_MS ?? 0)
const realNow = Date.now.bind(Date)
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [realNow() + shiftMs] : parts))
  }
  static now() {
    return realNow() + shiftMs
  }
}
