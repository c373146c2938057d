/** An instant in time as RFC 3339 (section 5.6) writes it; the letters may be small, and a leap second is the one after. */
const INSTANT = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d:\d\d))$/

/** @returns epoch milliseconds, finer digits dropped; null for text that is no instant */
export function instantOf(text: string): number | null {
  const [, date, time, fraction = '', sign, ahead = '00:00'] =
    text.length > 64 ? [] : (INSTANT.exec(text) ?? [])
  if (date === undefined || time === undefined) return null
  const day = dayOf(date.split('-').map(Number))
  const seconds = secondsOfDay(time.split(':').map(Number))
  const offset = offsetOf(sign, ahead.split(':').map(Number))
  if (day === null || seconds === null || offset === null) return null
  return day + (seconds - offset * 60) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
}

/** Epoch milliseconds at its start. `Date.UTC` would take the years 0 to 99 for those of the last century. */
function dayOf([year = 0, month = 0, day = 0]: readonly number[]): number | null {
  const start = new Date(new Date(0).setUTCFullYear(year, month - 1, day))
  return start.getUTCMonth() === month - 1 && start.getUTCDate() === day ? start.getTime() : null
}

function secondsOfDay([hour = 0, minute = 0, second = 0]: readonly number[]): number | null {
  return hour > 23 || minute > 59 || second > 60 ? null : (hour * 60 + minute) * 60 + second
}

/** @returns minutes east of UTC */
function offsetOf(sign: string | undefined, [hours = 0, minutes = 0]: readonly number[]): number | null {
  if (hours > 23 || minutes > 59) return null
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes)
}
