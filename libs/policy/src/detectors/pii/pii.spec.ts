import { describe, expect, it } from '@jest/globals'
import { inspectNow } from '../inspect.ts'
import { piiOfField } from './field.ts'

const foundIn = (text: string): readonly string[] =>
  inspectNow(text)
    .sightings.filter(({ signal }) => signal.startsWith('pii.'))
    .map(({ signal, start, end }) => `${signal} ${text.slice(start, end)}`)

describe('personal data is found, exactly', () => {
  it.each([
    ['pii.email', 'write to ', 'jürgen.müller+tag@sub.example.co.uk'],
    ['pii.card', 'paid with ', '4111 1111 1111 1111'],
    ['pii.card', 'please call back, paid with ', '4111 1111 1111 1111'],
    ['pii.card', 'paid with ', '3782-822463-10005'],
    ['pii.card', 'Maestro card ', '501864667909'],
    ['pii.iban', 'to ', 'gb82 west 1234 5698 7654 32'],
    ['pii.bic', 'SWIFT/BIC: ', 'DEUTDEFF500'],
    ['pii.ssn', 'it is ', '536-90-4399'],
    ['pii.ssn', 'social security number ', '536904399'],
    ['pii.us.itin', 'ITIN ', '912-70-1234'],
    ['pii.us.ein', 'EIN ', '12-3456789'],
    ['pii.us.routing', 'routing number ', '021000021'],
    ['pii.us.npi', 'NPI ', '1234567893'],
    ['pii.us.dea', 'DEA number ', 'AB1234563'],
    ['pii.us.mbi', 'card ', '1EG4-TE5-MK73'],
    ['pii.uk.nhs', 'NHS number ', '943 476 5919'],
    ['pii.uk.nino', 'it is ', 'AB 12 34 56 C'],
    ['pii.uk.sort_code', 'sort code ', '20-00-00'],
    ['pii.uk.account', 'account number ', '55779911'],
    ['pii.de.tax_id', 'Steuer-ID ', '86 095 742 719'],
    ['pii.de.id_card', 'Personalausweis ', 'T220001293'],
    ['pii.de.social_insurance', 'it is ', '65180539W001'],
    ['pii.fr.nir', 'it is ', '2 55 08 14 168 025 38'],
    ['pii.fr.siret', 'SIRET ', '73282932000074'],
    ['pii.es.nif', 'it is ', '12345678Z'],
    ['pii.es.nie', 'it is ', 'X1234567L'],
    ['pii.it.fiscal_code', 'it is ', 'RSSMRA85T10A562S'],
    ['pii.nl.bsn', 'BSN ', '111222333'],
    ['pii.be.nrn', 'it is ', '85.07.30-033.28'],
    ['pii.pl.pesel', 'PESEL ', '44051401359'],
    ['pii.se.personnummer', 'it is ', '811218-9876'],
    ['pii.fi.hetu', 'it is ', '131052-308T'],
    ['pii.pt.nif', 'NIF ', '123456789'],
    ['pii.in.aadhaar', 'it is ', '2341 2341 2346'],
    ['pii.in.pan', 'it is ', 'ABCPE1234F'],
    ['pii.au.tfn', 'TFN ', '123 456 782'],
    ['pii.au.abn', 'it is ', '51 824 753 556'],
    ['pii.au.medicare', 'Medicare ', '2123 45670 1'],
    ['pii.ca.sin', 'SIN ', '046 454 286'],
    ['pii.sg.nric', 'it is ', 'S1234567D'],
    ['pii.br.cpf', 'it is ', '111.444.777-35'],
    ['pii.br.cnpj', 'it is ', '11.222.333/0001-81'],
    ['pii.za.id', 'ID number ', '8001015009087'],
    ['pii.jp.my_number', 'マイナンバーは', '123456789018'],
    ['pii.imei', 'IMEI ', '490154203237518'],
    ['pii.vin', 'it is ', '1HGCM82633A004352'],
    ['pii.ip', 'seen at ', '84.12.3.200'],
    ['pii.ip', 'seen at ', '2a02:8109:9a40::1f'],
    ['pii.mac', 'device ', '00:1A:2B:3C:4D:5E'],
    ['pii.crypto', 'send to ', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
    ['pii.crypto', 'send to ', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    ['pii.passport', 'passport number ', 'C01X00T47'],
    ['pii.driving_licence', "driver's license number is ", 'F162823540116'],
    ['pii.birthdate', 'date of birth: ', '1980-02-03'],
    ['pii.birthdate', 'geboren am ', '3. März 1980'],
    ['pii.postal_code', 'ZIP: ', '35350'],
    ['pii.phone', 'dial ', '+49 30 901820'],
    ['pii.phone', 'at ', '(415) 555-2671'],
    ['pii.phone', 'at ', '415-555-2671'],
    ['pii.phone', 'Tel. ', '030 901820'],
    ['pii.phone.loose', 'at ', '123-456-7890'],
  ])('%s: %s%s', (signal, before, value) => {
    expect(foundIn(`${before}${value}, and so on`)).toEqual([`${signal} ${value}`])
  })

  it('in a column of numbers as long as it likes', () => {
    const column = Array.from({ length: 5_000 }, (_, at) => 10_000 + at).join(' ')
    expect(foundIn(`${column} 4111 1111 1111 1111 ${column}`)).toEqual(['pii.card 4111 1111 1111 1111'])
  })
})

describe('nothing is found in', () => {
  it.each([
    'git@github.com:owner/repo.git and https://user:word@host.example/path, logo@2x.png',
    '4111 1111 1111 1112 fails the check, f4111111111111111 is part of a hash',
    'DE89 3704 0044 0532 0130 01 fails the check, XX89370400440532013000 is no country',
    'IBAN ES27 5301 6259 7566 6884 2225: its groups are no card',
    '000-12-3456 666-12-3456 078-05-1120 219-09-9999',
    'order 536904399, 2026-11-21T10:00:00Z, 1700000000000, 10.0.0.1, +1234567 lines, v1.22.333.4',
    'Chrome/120.0.0.0 Safari/537.36, 127.0.0.1, 1.2.3.4, std::vector, ::1, 10:20:30',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'the passport middleware, driver version 12345, license: MIT, Swift language, born to run',
    '943 476 5918 111222334 44051401358 12345678A X1234567M RSSMRA85T10A562T',
  ])('%s', (text) => expect(foundIn(text)).toEqual([]))
})

describe('the name of a field says', () => {
  it.each([
    ['ssn', '536904399', 'pii.ssn'],
    ['cardNumber', '4111111111111111', 'pii.card'],
    ['date_of_birth', '1980-02-03', 'pii.birthdate'],
    ['passportNumber', 'C01X00T47', 'pii.passport'],
    ['nhs_number', '943-476-5919', 'pii.uk.nhs'],
    ['steuerId', '86095742719', 'pii.de.tax_id'],
    ['codice_fiscale', 'RSSMRA85T10A562S', 'pii.it.fiscal_code'],
    ['national_id', 'AB-123456', 'pii.id'],
    ['phone', '0000000000', 'pii.phone.loose'],
    ['nhs_number', '943-476-5918', null],
    ['ssn', 'string', null],
    ['dob', 'unknown', null],
    ['id', '1700000000000', null],
  ])('%s: %s is %s', (name, value, signal) => expect(piiOfField(name)?.(value) ?? null).toBe(signal))
})
