import type { Recogniser, Trigger } from '../recogniser.ts'
import { literals } from '../recogniser.ts'
import { codeRecogniser } from './codes.ts'

/** Between a name and its value: punctuation, and the words that stand there. */
const FILLER =
  '(?:[ \\t:=#"\'(./_-]|(?:number|numéro|numero|num|nummer|no|nr|id|is|was|on|the|of|my|das|am|ist|le|est|es|el|date|datum|card|code|il)(?![\\p{L}])){1,14}'

/** What has no check digit is found right after its name only. */
export const DOCUMENTS: readonly Recogniser[] = [
  named(
    'pii.passport',
    literals('passport', 'reisepass', 'passeport', 'pasaporte', 'passaporto', 'paspoort', 'passaporte'),
    {
      name: 'passport|reisepass|passeport|pasaporte|passaporto|paspoort|passaporte',
      code: '(?=[A-Z0-9]*\\d[A-Z0-9]*\\d[A-Z0-9]*\\d)[A-Z0-9]{6,10}',
    },
  ),
  named(
    'pii.driving_licence',
    literals(
      'driver',
      'driving',
      'dl ',
      'dl#',
      'führerschein',
      'permis de conduire',
      'licencia de conducir',
      'patente',
      'rijbewijs',
      'carnet de conducir',
    ),
    {
      name: "driver[’'´`]?s?[’'´`]?[ _-]?licen[cs]e|driving[ _-]?licen[cs]e|driver[’'´`]?s?[ _-]?lic|dl|führerschein(?:nummer)?|permis de conduire|licencia de conducir|carnet de conducir|patente(?: di guida)?|rijbewijs(?:nummer)?",
      code: '(?=(?:[A-Z0-9-]*\\d){4})[A-Z0-9]{1,}(?:-[A-Z0-9]{1,12}){0,3}',
    },
  ),
  named(
    'pii.birthdate',
    literals(
      'birth',
      'dob',
      'd.o.b',
      'born',
      'gebur',
      'geb.',
      'geboren',
      'naiss',
      'née',
      'né le',
      'nacimiento',
      'nacid',
      'nascita',
      'nato il',
      'nata il',
      'nascimento',
      'geboorte',
      'urodz',
      'födelse',
      'syntym',
    ),
    {
      name: 'birth(?:[ _-]?da(?:te|y))?|d\\.?o\\.?b\\.?|born|geburt(?:s(?:datum|tag))?|geb\\.|geboren|(?:date de )?naissance|née?|(?:fecha de )?nacimiento|nacid[oa]|nascita|nat[oa] il|(?:data de )?nascimento|geboorte(?:datum)?|urodz\\p{L}{0,6}|födelse\\p{L}{0,8}|syntym\\p{L}{0,10}',
      code: dateShape(),
    },
  ),
  named(
    'pii.postal_code',
    literals(
      'zip',
      'postal',
      'postcode',
      'post code',
      'post_code',
      'plz',
      'postleitzahl',
      'code postal',
      'código postal',
      'codigo postal',
      'cep',
      'pin code',
      'pincode',
      'postnummer',
    ),
    {
      name: 'zip(?:[ _-]?code)?|postal(?:[ _-]?code)?|post[ _-]?code|plz|postleitzahl|c[óo]digo postal|cep|pin ?code|postnummer',
      code: '(?:\\d{5}-\\d{3,4}|\\d{4}-\\d{3}|\\d{2}-\\d{3}|\\d{3} \\d{2}|\\d{4} ?[A-Z]{2}|[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}|[A-Z]\\d[A-Z] ?\\d[A-Z]\\d|\\d{4,6})',
    },
  ),
]

function named(
  signal: string,
  triggers: readonly Trigger[],
  { name, code }: { readonly name: string; readonly code: string },
): Recogniser {
  return codeRecogniser({
    signal,
    triggers,
    shape: new RegExp(
      `(?<![\\p{L}\\p{N}])(?:${name})(?![\\p{L}\\p{N}])${FILLER}(?<code>${code})(?![\\p{L}\\p{N}_]|-\\p{N})`,
      'iuy',
    ),
    isValid: () => true,
    words: null,
    alone: null,
  })
}

function dateShape(): string {
  const month =
    '(?:jan|feb|mar|mär|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|okt|dez|janv|févr|avr|juin|juil|août|déc|ene|abr|ago|dic|gen|mag|giu|lug|ott|set|fev|out|mei|mrt)\\p{L}{0,7}\\.?'
  const numeric =
    '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}|\\d{1,2}[-/. ]\\d{1,2}[-/. ](?:19|20)?\\d{2}|(?:19|20)\\d{6}'
  return `(?:${numeric}|\\d{1,2}(?:st|nd|rd|th|\\.)?(?: of| de)? ${month},?(?: de)? ?\\d{4}|${month} \\d{1,2}(?:st|nd|rd|th)?,? ?\\d{4})`
}
