import { ActionClass } from '@writ/contracts'
import { stricterClass } from './classes.ts'

/**
 * Guesses the class of a tool from the words of its name; null when no word says anything.
 * The word in front counts whatever it is; further back only words that are hardly ever nouns count, so that `get_order` reads and
 * `get_and_delete` deletes. Of several the strictest wins.
 */
export function classOfName(name: string): ActionClass | null {
  const words = wordsOf(name)
  const classes = words.flatMap((word, at) => {
    const found = at === 0 ? (VERBS.get(word) ?? LEADING_VERBS.get(word)) : VERBS.get(word)
    return found === undefined ? [] : [found]
  })
  const objects = classes.length === 0 ? [] : words.flatMap((word) => OBJECTS.get(word) ?? [])
  const isMere = classes.every((found) => found === 'read')
  return [...classes, ...(isMere ? [] : objects)].reduce<ActionClass | null>(
    (strictest, found) => (strictest === null ? found : stricterClass(strictest, found)),
    null,
  )
}

const MAX_NAME = 256

/** `createIssue`, `create-issue`, `github.create_issue`, `HTTPPost` to their words, lower case. */
function wordsOf(name: string): readonly string[] {
  return name
    .slice(0, MAX_NAME)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
}

const table = (rows: Partial<Record<ActionClass, string>>): ReadonlyMap<string, ActionClass> =>
  new Map(
    ActionClass.options.flatMap((name) => (rows[name] ?? '').split(' ').map((word) => [word, name] as const)),
  )

/** Verbs wherever they stand. */
const VERBS = table({
  read: 'get list read search find fetch describe lookup query count show browse retrieve inspect summarize summarise explain preview resolve validate',
  write:
    'create update write edit put patch set insert upsert append modify rename move copy save upload add push commit merge replace apply sync import configure enable disable close reopen assign attach',
  delete: 'delete remove destroy drop purge erase truncate wipe unlink uninstall rm discard prune revert',
  execute: 'execute exec eval invoke spawn install deploy restart shutdown kill trigger rerun',
  send: 'send reply forward publish tweet notify broadcast submit',
  spend: 'pay refund purchase buy transfer withdraw checkout',
  administer: 'grant revoke impersonate authorize authorise deauthorize promote demote ban unban sudo',
})

/** Verbs only in front; further back they are nouns. */
const LEADING_VERBS = table({
  read: 'view check test diff compare head tail cat ls grep open download export',
  write: 'log comment file tag label archive restore start stop pin mark schedule link build',
  execute: 'run call shell bash python sql terminal script',
  send: 'post email mail message share invite call publish',
  spend: 'charge order subscribe place book invoice',
  administer: 'rotate elevate suspend',
})

/** Things that make changing them more than a write. */
const OBJECTS = table({
  send: 'email mail sms',
  spend: 'payment payments invoice transfer payout refund charge order funds',
  administer:
    'permission permissions role roles collaborator collaborators member members access acl token tokens credential credentials secret secrets apikey user users policy policies key keys webhook',
})
