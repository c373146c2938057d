import metadata from 'libphonenumber-js/min/metadata'

/** Whether a number with its country's calling code can be assigned (ITU-T E.164, by the plans that libphonenumber keeps). */
export function isInternational(digits: string): boolean {
  if (digits.length < 7 || digits.length > 15) return false
  return [1, 2, 3].some((length) =>
    (countriesByCode[digits.slice(0, length)] ?? []).some((country) =>
      planOf(country).test(digits.slice(length)),
    ),
  )
}

/** Whether a number as it is dialled within a country can be assigned in one of the countries that we look at. */
export function isNational(digits: string): boolean {
  if (digits.length < 7 || digits.length > 12 || isDate(digits)) return false
  if (digits.startsWith('00')) return isInternational(digits.slice(2))
  if (!digits.startsWith('0')) return WITHOUT_ZERO.some((country) => planOf(country).test(digits))
  return planOf('IT').test(digits) || WITH_ZERO.some((country) => planOf(country).test(digits.slice(1)))
}

/** Year, month and day look like eight digits of a telephone number. */
export const isDate = (digits: string): boolean => /^(?:19|20)\d\d(?:0\d|1[0-2])[0-3]\d$/.test(digits)

/** Area code and exchange of North America begin with 2 to 9 and are no service codes. */
export const isNorthAmerican = (digits: string): boolean => /^1?[2-9](?!11)\d\d[2-9](?!11)\d{6}$/.test(digits)

const WITH_ZERO = 'GB DE FR NL BE CH AT SE FI AU NZ JP ZA IE KR IN'.split(' ')
const WITHOUT_ZERO = 'US ES PT DK NO PL IT IN SG HK CZ GR MX BR'.split(' ')

const countriesByCode: Readonly<Record<string, readonly string[]>> = metadata.country_calling_codes

const patternsByCountry: Readonly<Record<string, readonly unknown[]>> = metadata.countries

const plans = new Map<string, RegExp>()

/** In the metadata a country's third field is the pattern of its national numbers. */
function planOf(country: string): RegExp {
  const known = plans.get(country)
  if (known !== undefined) return known
  const pattern = patternsByCountry[country]?.[2]
  const plan = new RegExp(typeof pattern === 'string' ? `^(?:${pattern})$` : '(?!)')
  plans.set(country, plan)
  return plan
}
