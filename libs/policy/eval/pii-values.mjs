// Values of personal data, made from a seed: the check digits are computed here, apart from the detectors, from the published rules.

/** @param next numbers in [0, 1) */
export function valuesOf(next) {
  const int = (below) => Math.floor(next() * below)
  const pick = (list) => list[int(list.length)]
  const digits = (count) => Array.from({ length: count }, () => int(10)).join('')
  const two = (number) => String(number).padStart(2, '0')
  const date = () => ({ y: 1940 + int(65), m: 1 + int(12), d: 1 + int(28) })
  const letters = (count, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') =>
    Array.from({ length: count }, () => pick([...alphabet])).join('')
  /** Tries endings until the check holds. */
  const until = (make, holds) => {
    for (;;) {
      const made = make()
      if (holds(made)) return made
    }
  }
  const grouped = (value, ...lengths) => {
    let at = 0
    return (separator) => lengths.map((length) => value.slice(at, (at += length))).join(separator)
  }
  const luhn = (body) => {
    let sum = 0
    ;[...body].reverse().forEach((digit, place) => {
      const doubled = place % 2 === 0 ? digit * 2 : Number(digit)
      sum += doubled > 9 ? doubled - 9 : doubled
    })
    return body + ((10 - (sum % 10)) % 10)
  }
  const dot = (body, weights) => weights.reduce((sum, weight, at) => sum + weight * Number(body[at]), 0)
  const card = (prefix, length) => luhn(prefix + digits(length - 1 - prefix.length))
  const iban = (country, bban) => {
    const code = [...`${bban}${country}00`].map((character) => parseInt(character, 36)).join('')
    return `${country}${two(98n - (BigInt(code) % 97n))}${bban}`
  }
  const mod1110 = (body) => {
    let product = 10
    for (const digit of body) product = (((Number(digit) + product) % 10 || 10) * 2) % 11
    return body + ((11 - product) % 10)
  }
  const some = (value, ...writings) => pick([value, ...writings.map((writing) => writing(value))])
  const by =
    (separator, ...lengths) =>
    (value) =>
      grouped(value, ...lengths)(separator)

  return {
    'pii.email': () =>
      `${pick(['ana', 'jo.smith', 'müller', 'x_y', 'o-neil+tag'])}${int(999)}@${pick(['mail.example.com', 'firma.de', 'uni.ac.uk', 'a.io'])}`,
    'pii.card': () => {
      const [prefix, length, ...groups] = pick([
        ['4', 16, 4, 4, 4, 4],
        ['51', 16, 4, 4, 4, 4],
        ['2221', 16, 4, 4, 4, 4],
        ['37', 15, 4, 6, 5],
        ['6011', 16, 4, 4, 4, 4],
        ['36', 14, 4, 6, 4],
        ['3530', 16, 4, 4, 4, 4],
      ])
      return some(card(prefix, length), by(' ', ...groups), by('-', ...groups))
    },
    'pii.iban': () => {
      const value = pick([
        () => iban('DE', digits(18)),
        () => iban('GB', letters(4) + digits(14)),
        () => iban('FR', digits(23)),
        () => iban('NL', letters(4) + digits(10)),
        () => iban('ES', digits(20)),
        () => iban('CH', digits(17)),
      ])()
      return some(
        value,
        (one) => one.replace(/(.{4})(?=.)/g, '$1 '),
        (one) => one.toLowerCase(),
      )
    },
    'pii.ssn': () =>
      by(
        '-',
        3,
        2,
        4,
      )(
        `${two(1 + int(6))
          .padStart(3, '0')
          .slice(0, 2)}${1 + int(8)}${two(1 + int(98))}${String(1 + int(9998)).padStart(4, '0')}`,
      ),
    'pii.us.itin': () => by('-', 3, 2, 4)(`9${digits(2)}${70 + int(18)}${digits(4)}`),
    'pii.us.ein': () => `${pick(['12', '20', '36', '45', '94'])}-${digits(7)}`,
    'pii.us.routing': () =>
      until(
        () => `${pick(['01', '02', '11', '12', '32'])}${digits(7)}`,
        (one) => dot(one, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
      ),
    'pii.us.npi': () => luhn(`80840${pick(['1', '2'])}${digits(8)}`).slice(5),
    'pii.us.dea': () => {
      const body = digits(6)
      return `${pick(['A', 'B', 'F', 'M'])}${letters(1)}${body}${(Number(body[0]) + Number(body[2]) + Number(body[4]) + 2 * (Number(body[1]) + Number(body[3]) + Number(body[5]))) % 10}`
    },
    'pii.us.mbi': () => {
      const l = 'ACDEFGHJKMNPQRTUVWXY'
      const value = `${1 + int(9)}${letters(1, l)}${letters(1, l)}${int(10)}${letters(1, l)}${letters(1, l)}${int(10)}${letters(2, l)}${digits(2)}`
      return some(value, by('-', 4, 3, 4))
    },
    'pii.uk.nhs': () =>
      some(
        until(
          () => `${4 + int(4)}${digits(9)}`,
          (one) => dot(one, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
        ),
        by(' ', 3, 3, 4),
        by('-', 3, 3, 4),
      ),
    'pii.uk.nino': () =>
      some(
        `${letters(1, 'ABCEHJLMPRSTWXYZ')}${letters(1, 'ABCEHJLMPRSWXYZ')}${digits(6)}${letters(1, 'ABCD')}`,
        by(' ', 2, 2, 2, 2, 1),
      ),
    'pii.uk.utr': () => {
      const body = digits(9)
      return `${'21987654321'[dot(body, [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11]}${body}`
    },
    'pii.de.tax_id': () => {
      const body = until(
        () => `${1 + int(9)}${digits(9)}`,
        (one) => {
          const counts = [...'0123456789'].map((digit) => one.split(digit).length - 1)
          return counts.filter((count) => count > 1).length === 1 && Math.max(...counts) <= 3
        },
      )
      return some(mod1110(body), by(' ', 2, 3, 3, 3))
    },
    'pii.de.id_card': () => {
      const body = `${letters(1, 'LMNPRTVWXY')}${letters(8, '0123456789CFGHJKLMNPRTVWXYZ')}`
      const sum = [...body].reduce((total, one, at) => total + parseInt(one, 36) * [7, 3, 1][at % 3], 0)
      return /\d.*\d.*\d/.test(body) ? `${body}${sum % 10}` : 'L01X00T471'
    },
    'pii.de.social_insurance': () => {
      const { y, m, d } = date()
      const letter = letters(1)
      const body = `${pick(['12', '53', '65', '13'])}${two(d)}${two(m)}${two(y % 100)}${letter}${digits(2)}`
      const plain = body.slice(0, 8) + two(letter.charCodeAt(0) - 64) + body.slice(9)
      const sum = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].reduce(
        (total, weight, at) => total + [...String(weight * plain[at])].reduce((a, b) => a + Number(b), 0),
        0,
      )
      return some(`${body}${sum % 10}`, by(' ', 2, 6, 1, 3))
    },
    'pii.de.vat': () => `DE${mod1110(`${1 + int(9)}${digits(7)}`)}`,
    'pii.fr.nir': () => {
      const body = `${1 + int(2)}${digits(2)}${two(1 + int(12))}${two(1 + int(95))}${digits(6)}`
      return some(`${body}${two(97n - (BigInt(body) % 97n))}`, by(' ', 1, 2, 2, 2, 3, 3, 2))
    },
    'pii.fr.siret': () => some(luhn(`${1 + int(9)}${digits(12)}`), by(' ', 3, 3, 3, 5)),
    'pii.es.nif': () => {
      const body = digits(8)
      return `${body}${pick(['', '', '-'])}${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(body) % 23]}`
    },
    'pii.es.nie': () => {
      const first = int(3)
      const body = digits(7)
      return `${'XYZ'[first]}${body}${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(`${first}${body}`) % 23]}`
    },
    'pii.it.fiscal_code': () => {
      const { y, m, d } = date()
      const body = `${letters(6, 'BCDFGLMNPRSTV')}${two(y % 100)}${'ABCDEHLMPRST'[m - 1]}${two(d)}${letters(1, 'ABCDEFGHILM')}${digits(3)}`
      const odd = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
      ]
      const sum = [...body].reduce((total, one, at) => {
        const value = /\d/.test(one) ? Number(one) : one.charCodeAt(0) - 65
        return total + (at % 2 === 0 ? odd[value] : value)
      }, 0)
      return some(`${body}${String.fromCharCode(65 + (sum % 26))}`, (one) => one.toLowerCase())
    },
    'pii.nl.bsn': () =>
      some(
        until(
          () => `${1 + int(9)}${digits(8)}`,
          (one) => dot(one, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
        ),
        by('.', 4, 2, 3),
      ),
    'pii.be.nrn': () => {
      const { y, m, d } = date()
      const body = `${two(y % 100)}${two(m)}${two(d)}${digits(3)}`
      const check = y < 2000 ? 97 - (Number(body) % 97) : 97 - (Number(`2${body}`) % 97)
      const all = `${body}${two(check)}`
      return some(
        all,
        (one) =>
          `${one.slice(0, 2)}.${one.slice(2, 4)}.${one.slice(4, 6)}-${one.slice(6, 9)}.${one.slice(9)}`,
      )
    },
    'pii.pl.pesel': () => {
      const { y, m, d } = date()
      const body = `${two(y % 100)}${two(y < 2000 ? m : m + 20)}${two(d)}${digits(4)}`
      return `${body}${(10 - (dot(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10}`
    },
    'pii.se.personnummer': () => {
      const { y, m, d } = date()
      const all = luhn(`${two(y % 100)}${two(m)}${two(d)}${digits(3)}`)
      return some(
        `${all.slice(0, 6)}-${all.slice(6)}`,
        () => all,
        () => `${y < 2000 ? 19 : 20}${all.slice(0, 6)}-${all.slice(6)}`,
      )
    },
    'pii.fi.hetu': () => {
      const { y, m, d } = date()
      const body = `${two(d)}${two(m)}${two(y % 100)}`
      const serial = String(2 + int(897)).padStart(3, '0')
      return `${body}${y < 2000 ? '-' : 'A'}${serial}${'0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(body + serial) % 31]}`
    },
    'pii.pt.nif': () => {
      const body = `${pick(['1', '2', '5'])}${digits(7)}`
      const rest = dot(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11
      return some(`${body}${rest < 2 ? 0 : 11 - rest}`, by(' ', 3, 3, 3))
    },
    'pii.in.aadhaar': () => {
      const d = (a, b) =>
        a < 5 ? (b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5) : b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5
      const table = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
      ]
      return some(
        until(
          () => `${2 + int(8)}${digits(11)}`,
          (one) =>
            [...one].reverse().reduce((check, digit, at) => d(check, table[at % 8][Number(digit)]), 0) === 0,
        ),
        by(' ', 4, 4, 4),
      )
    },
    'pii.in.pan': () => `${letters(3)}P${letters(1)}${digits(4)}${letters(1)}`,
    'pii.au.tfn': () =>
      some(
        until(
          () => `${1 + int(9)}${digits(8)}`,
          (one) => dot(one, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
        ),
        by(' ', 3, 3, 3),
      ),
    'pii.au.abn': () =>
      some(
        until(
          () => `${1 + int(9)}${digits(10)}`,
          (one) => (dot(one, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0,
        ),
        by(' ', 2, 3, 3, 3),
      ),
    'pii.au.medicare': () => {
      const body = `${2 + int(5)}${digits(7)}`
      return some(`${body}${dot(body, [1, 3, 7, 9, 1, 3, 7, 9]) % 10}${1 + int(9)}`, by(' ', 4, 5, 1))
    },
    'pii.ca.sin': () => some(luhn(`${1 + int(7)}${digits(7)}`), by(' ', 3, 3, 3), by('-', 3, 3, 3)),
    'pii.sg.nric': () => {
      const series = pick(['S', 'T', 'F', 'G'])
      const body = digits(7)
      const sum = dot(body, [2, 7, 6, 5, 4, 3, 2]) + (series === 'T' || series === 'G' ? 4 : 0)
      return `${series}${body}${('ST'.includes(series) ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[sum % 11]}`
    },
    'pii.kr.rrn': () => {
      const { y, m, d } = date()
      const body = `${two(y % 100)}${two(m)}${two(d)}${y < 2000 ? 1 + int(2) : 3 + int(2)}${digits(5)}`
      return `${body.slice(0, 6)}-${body.slice(6)}${(11 - (dot(body, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10}`
    },
    'pii.br.cpf': () => {
      let body = digits(9)
      for (const weights of [
        [10, 9, 8, 7, 6, 5, 4, 3, 2],
        [11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
      ])
        body += ((dot(body, weights) * 10) % 11) % 10
      return some(body, (one) => `${one.slice(0, 3)}.${one.slice(3, 6)}.${one.slice(6, 9)}-${one.slice(9)}`)
    },
    'pii.br.cnpj': () => {
      let body = `${digits(8)}0001`
      for (const weights of [
        [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
        [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2],
      ]) {
        const rest = dot(body, weights) % 11
        body += rest < 2 ? 0 : 11 - rest
      }
      return some(
        body,
        (one) =>
          `${one.slice(0, 2)}.${one.slice(2, 5)}.${one.slice(5, 8)}/${one.slice(8, 12)}-${one.slice(12)}`,
      )
    },
    'pii.za.id': () => {
      const { y, m, d } = date()
      return luhn(`${two(y % 100)}${two(m)}${two(d)}${digits(4)}${int(2)}8`)
    },
    'pii.jp.my_number': () => {
      const body = digits(11)
      const rest = dot(body, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
      return some(`${body}${rest <= 1 ? 0 : 11 - rest}`, by(' ', 4, 4, 4))
    },
    'pii.imei': () => luhn(`35${digits(12)}`),
    'pii.vin': () => {
      const values = {
        A: 1,
        B: 2,
        C: 3,
        D: 4,
        E: 5,
        F: 6,
        G: 7,
        H: 8,
        J: 1,
        K: 2,
        L: 3,
        M: 4,
        N: 5,
        P: 7,
        R: 9,
        S: 2,
        T: 3,
        U: 4,
        V: 5,
        W: 6,
        X: 7,
        Y: 8,
        Z: 9,
      }
      const body = `${letters(3, 'JWSVKLZ')}${letters(5, 'ABCDEFGH123456789')}0${letters(2, 'ABCDEFGH')}${digits(6)}`
      const sum = [...body].reduce(
        (total, one, at) =>
          total + (values[one] ?? Number(one)) * [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2][at],
        0,
      )
      return `${body.slice(0, 8)}${'0123456789X'[sum % 11]}${body.slice(9)}`
    },
    'pii.ip': () =>
      pick([
        () => `${pick([84, 91, 177, 203])}.${int(256)}.${int(256)}.${1 + int(254)}`,
        () =>
          `2a02:${(4096 + int(50000)).toString(16)}:${(4096 + int(50000)).toString(16)}::${(1 + int(60000)).toString(16)}`,
      ])(),
    'pii.mac': () => Array.from({ length: 6 }, () => two(int(256).toString(16))).join(pick([':', '-'])),
    'pii.phone': () =>
      pick([
        () => `+49 30 ${digits(6)}`,
        () => `+44 20 7946 0${digits(3)}`,
        () => `(${pick(['415', '212', '312'])}) ${pick(['555', '721', '867'])}-${digits(4)}`,
        () => `+1-${pick(['415', '212'])}-${pick(['555', '721'])}-${digits(4)}`,
        () => `${pick(['415', '646'])}-${pick(['721', '867'])}-${digits(4)}`,
        () => `+33 6 ${pick([12, 45])} ${digits(2)} ${digits(2)} ${digits(2)}`,
      ])(),
  }
}

/** Words that say what follows, by signal. */
export const NAMES = {
  'pii.email': ['e-mail'],
  'pii.card': ['card number', 'Visa card'],
  'pii.iban': ['IBAN'],
  'pii.ssn': ['SSN', 'social security number'],
  'pii.us.itin': ['ITIN'],
  'pii.us.ein': ['EIN', 'employer identification number'],
  'pii.us.routing': ['routing number', 'ABA'],
  'pii.us.npi': ['NPI'],
  'pii.us.dea': ['DEA number'],
  'pii.us.mbi': ['Medicare number', 'MBI'],
  'pii.uk.nhs': ['NHS number'],
  'pii.uk.nino': ['National Insurance number', 'NINO'],
  'pii.uk.utr': ['UTR'],
  'pii.de.tax_id': ['Steuer-ID', 'Steueridentifikationsnummer'],
  'pii.de.id_card': ['Personalausweis', 'Ausweisnummer'],
  'pii.de.social_insurance': ['Sozialversicherungsnummer'],
  'pii.de.vat': ['USt-IdNr.', 'VAT'],
  'pii.fr.nir': ['numéro de sécurité sociale', 'NIR'],
  'pii.fr.siret': ['SIRET'],
  'pii.es.nif': ['DNI', 'NIF'],
  'pii.es.nie': ['NIE'],
  'pii.it.fiscal_code': ['codice fiscale'],
  'pii.nl.bsn': ['BSN', 'burgerservicenummer'],
  'pii.be.nrn': ['rijksregisternummer', 'national register number'],
  'pii.pl.pesel': ['PESEL'],
  'pii.se.personnummer': ['personnummer'],
  'pii.fi.hetu': ['henkilötunnus', 'HETU'],
  'pii.pt.nif': ['NIF', 'contribuinte'],
  'pii.in.aadhaar': ['Aadhaar'],
  'pii.in.pan': ['PAN'],
  'pii.au.tfn': ['TFN', 'tax file number'],
  'pii.au.abn': ['ABN'],
  'pii.au.medicare': ['Medicare card'],
  'pii.ca.sin': ['SIN', 'social insurance number'],
  'pii.sg.nric': ['NRIC'],
  'pii.kr.rrn': ['resident registration number', '주민등록번호'],
  'pii.br.cpf': ['CPF'],
  'pii.br.cnpj': ['CNPJ'],
  'pii.za.id': ['South African ID', 'ID number'],
  'pii.jp.my_number': ['My Number', 'マイナンバー'],
  'pii.imei': ['IMEI'],
  'pii.vin': ['VIN', 'vehicle'],
  'pii.ip': ['IP address', 'client'],
  'pii.mac': ['MAC'],
  'pii.phone': ['phone', 'Tel.'],
}

/** Kinds whose numbers have a check digit, or another check that one changed digit breaks. */
export const CHECKED = new Set(
  Object.keys(NAMES).filter(
    (name) =>
      !['email', 'ssn', 'itin', 'ein', 'mbi', 'nino', 'pan', 'ip', 'mac', 'phone'].some((kind) =>
        name.endsWith(`.${kind}`),
      ),
  ),
)

/** Mulberry32: numbers in [0, 1). */
export function seeded(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
