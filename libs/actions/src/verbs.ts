import type { ActionClass } from '@writ/contracts'
import { strictestOf } from './classes.ts'
import { credentialIn, isOfWorkingPlace, readingOf, weightOf } from './objects.ts'
import { tableOf, wordsOf } from './words.ts'

/**
 * Guesses the class of a tool from the words of its name; null when no word says anything.
 * The verb says what is done: the word in front counts whatever it is; further back only words that are hardly ever nouns count, so
 * that `get_order` reads and `get_and_delete` destroys. The objects say to what, and so how much it weighs. Of several the strictest wins.
 */
export function classOfName(name: string): ActionClass | null {
  const known = classes.get(name)
  if (known !== undefined) return known
  const found = guessedClass(name)
  if (classes.size >= MOST_NAMES) classes.clear()
  if (name.length <= LONGEST_NAME) classes.set(name, found)
  return found
}

/** What was said of names before, because a tool is called often; whoever sends names decides which, and so not how many. */
const classes = new Map<string, ActionClass | null>()
const MOST_NAMES = 2_000
const LONGEST_NAME = 128

function guessedClass(name: string): ActionClass | null {
  const words = wordsOf(name)
  const deeds = deedsOf(words)
  if (deeds.length === 0) return null
  if (
    credentialIn(
      words,
      deeds.every((deed) => deed === 'read'),
    )
  )
    return 'credential'
  if (deeds.every((deed) => deed === 'read')) return readingOf(words)
  const changes = deeds.filter((deed) => deed !== 'read').map((deed) => classOfDeed(deed, words))
  return strictestOf([...changes, ...weightOf(words)])
}

/** What a verb says, before it is known to what it is done. */
type Deed = 'read' | 'change' | Exclude<ActionClass, `read.${string}` | `write.${string}`>

function deedsOf(words: readonly string[]): readonly Deed[] {
  return words.flatMap((word, at) => {
    const found = at === 0 ? (VERBS.get(word) ?? LEADING_VERBS.get(word)) : VERBS.get(word)
    if (found !== undefined) return [found]
    return at === words.length - 1 && words.length > 1 && TRAILING_VERBS.has(word) ? ['read' as const] : []
  })
}

const classOfDeed = (deed: Exclude<Deed, 'read'>, words: readonly string[]): ActionClass => {
  if (deed !== 'change') return deed
  return isOfWorkingPlace(words) ? 'write.local' : 'write.shared'
}

const DEEDS: readonly Deed[] = [
  'read',
  'change',
  'sink.external',
  'exec',
  'money',
  'destructive',
  'admin',
  'credential',
]

/** Verbs wherever they stand. */
const VERBS = tableOf(DEEDS, {
  read: 'get list read search find fetch describe lookup query count show browse retrieve inspect summarize summarise explain preview resolve validate scrape crawl',
  change:
    'create update write edit put patch set insert upsert append modify rename move copy save add push commit merge replace apply sync import configure enable disable close reopen assign attach',
  'sink.external': 'send reply forward publish tweet notify broadcast submit upload',
  exec: 'execute exec eval invoke spawn install deploy restart shutdown kill trigger rerun',
  money: 'pay refund purchase buy transfer withdraw checkout',
  destructive:
    'delete remove destroy drop purge erase truncate wipe unlink uninstall rm discard prune revert',
  admin: 'grant revoke impersonate authorize authorise deauthorize promote demote ban unban sudo',
})

/** Verbs only in front; further back they are nouns. */
const LEADING_VERBS = tableOf(DEEDS, {
  read: 'view check test diff compare head tail cat ls grep open download export',
  change: 'log comment file tag label archive restore start stop pin mark schedule link build',
  'sink.external': 'post email mail message share invite call',
  exec: 'run shell bash python sql terminal script',
  money: 'charge order subscribe place book invoice',
  admin: 'rotate elevate suspend',
})

/** `web_search`, `weather_lookup`: the deed stands last. Those of `VERBS` are found anyway; these are verbs only there. */
const TRAILING_VERBS: ReadonlySet<string> = new Set(['view', 'check', 'status'])
