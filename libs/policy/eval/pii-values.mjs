// Values of personal data, made from a seed: the check digits are computed in values/, apart from the detectors, from the published rules.
import { americas } from './values/americas.mjs'
import { asiaPacific } from './values/asia-pacific.mjs'
import { europe } from './values/europe.mjs'
import { general } from './values/general.mjs'

/**
 * Makers by signal, in the order of NAMES: it is part of what a seed makes.
 * @param next numbers in [0, 1)
 */
export function valuesOf(next) {
  const makers = { ...general(next), ...europe(next), ...americas(next), ...asiaPacific(next) }
  return Object.fromEntries(Object.keys(NAMES).map((signal) => [signal, makers[signal]]))
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
