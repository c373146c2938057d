import { ActionClass } from '@writ/contracts'
import { tableOf } from './words.ts'

/** Reads, makes or changes a secret. @param isMere nothing but reading: then `token` and `key` alone are too common to say so */
export function credentialIn(words: readonly string[], isMere: boolean): boolean {
  if (words.some((word) => SECRETS.has(word))) return true
  const pairs = words.slice(1).map((word, at) => `${words[at]} ${word}`)
  if (pairs.some((pair) => SECRET_PAIR.test(pair))) return true
  return !isMere && words.some((word) => word === 'token' || word === 'tokens')
}

const wordSet = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const SECRETS = wordSet(
  'secret secrets password passwords passphrase credential credentials apikey apikeys otp totp keychain',
)
const SECRET_PAIR =
  /^(?:api|access|private|ssh|signing|deploy|auth|refresh|personal|bearer|encryption) (?:key|token)s?$/

/** Whose words a reading tool brings back. What is not known is the organisation's own. */
export function readingOf(words: readonly string[]): ActionClass {
  const isWhateverIsAskedFor = words.length === 1 && words[0] !== undefined && REACHING.has(words[0])
  if (isWhateverIsAskedFor || words.some((word) => STRANGERS.has(word))) return 'read.untrusted'
  return words.some((word) => COMMON_KNOWLEDGE.has(word)) ? 'read.public' : 'read.private'
}

/** The open web, and everything into which people of outside can write. */
const STRANGERS = wordSet(
  'web url urls website websites webpage page pages http https html internet site browser browse scrape crawl rss feed news google bing ' +
    'email emails mail mails inbox message messages thread threads chat channel channels comment comments issue issues pull ' +
    'review reviews discussion discussions ticket tickets feedback post posts tweet tweets attachment attachments',
)
/** Standing alone, these reach for the web. */
const REACHING = wordSet('fetch search browse crawl scrape')
const COMMON_KNOWLEDGE = wordSet(
  'time timezone timezones date weather forecast docs documentation help version currency currencies holidays public license licenses',
)

/** Things that make changing them more than a write. */
export const weightOf = (words: readonly string[]): readonly ActionClass[] =>
  words.flatMap((word) => WEIGHTS.get(word) ?? [])

const WEIGHTS = tableOf(ActionClass.options, {
  'sink.external': 'email mail sms fax webhook webhooks',
  money: 'payment payments invoice transfer payout refund charge order funds',
  admin:
    'permission permissions role roles collaborator collaborators member members access acl user users policy policies',
})

/** Said of the agent's own files and notes, and of nothing that is shared by its nature. */
export const isOfWorkingPlace = (words: readonly string[]): boolean =>
  words.some((word) => WORKING_PLACE.has(word)) && !words.some((word) => SHARING.has(word))

const WORKING_PLACE = wordSet(
  'local file files directory directories folder folders workspace scratch scratchpad draft drafts clipboard cache todo todos notebook cell memory',
)
const SHARING = wordSet(
  'update push commit merge sync import upsert remote repository repo shared team wiki branch drive bucket share',
)
