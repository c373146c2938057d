import { DROPS, LOOSENS, NEWS, ORDERS } from './anchors.ts'
import {
  DROP,
  EARLIER,
  INSTRUCTIONS,
  LOOSEN,
  NOT_IN_MAIL,
  given,
  placesOf,
  phrase,
  QUALIFIERS,
  RULES,
  THEN,
  TO_DATE,
} from './phrase.ts'
import type { Phrase } from './phrase.ts'

const DROPS_GIVEN = given(DROP)
const LOOSENS_GIVEN = given(LOOSEN)
const FORGETS_GIVEN = given('forget')
const DROPS_STAND = placesOf(DROP)
const LOOSENS_STAND = placesOf(LOOSEN)
const ALIKE = String.raw`(?:${INSTRUCTIONS}|rules|guidelines|guidance|orders|commands)`
const ALSO = String.raw`(?:(?:,| and| or) (?:${INSTRUCTIONS}|rules|guidelines|guidance|orders|commands))?`
const USER = String.raw`(?:the|your) (?:user|human|operator)`

/** Plain orders to drop what came before: enough on their own, unless they are merely quoted. */
export const DROPPING: readonly Phrase[] = [
  `${DROPS_GIVEN} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${INSTRUCTIONS}\\b${NOT_IN_MAIL}`,
  `${DROPS_GIVEN} (?:(?:all|any|every|of|the|and) ){0,3}(?:your|prior|earlier|preceding|system) (?:own |previous |safety |system |other ){0,2}(?:rules|guidelines|guidance|orders|commands)\\b${NOT_IN_MAIL}`,
  `${DROPS_GIVEN} ${QUALIFIERS}${ALIKE}${ALSO} ${TO_DATE}\\b${NOT_IN_MAIL}`,
  `${DROPS_GIVEN} (?:everything|anything|all|whatever|what)(?: (?:that|of|the))? (?:${TO_DATE}|i (?:said|told you)|else)\\b${NOT_IN_MAIL}`,
  `${DROPS_GIVEN} (?:all|any|every)(?: of)?(?: (?:the|your|these|those|other))? (?:safety |security |ethical )?(?:${INSTRUCTIONS}|(?:rules|guidelines) and)\\b${NOT_IN_MAIL}`,
  `${DROPS_GIVEN} (?:all |any )?(?:safety|security|ethical) (?:guidelines|rules|measures|protocols|policies|restrictions)\\b`,
  `${DROPS_GIVEN} (?:what )?${USER}(?:'s)? (?:original |actual |real )?(?:requests?|questions?|query|task|instructions?|messages?|prompt|asked|wants|says|said)\\b`,
  `${DROPS_GIVEN} ${USER}[,;]? (?:and|then|instead) ${THEN}\\b`,
  `${DROPS_GIVEN} (?:(?:all|of|the|any|previous|prior) ){0,4}(?:above|text above|previous text|prior text|preceding text|previous content|previous context|all that|that)(?: text)?(?:,? (?:and|then|instead),?|[.!;,]) (?:just |only |instead,? )?${THEN}\\b`,
  `${DROPS_GIVEN} (?:all )?of (?:the above|that|it)\\b${NOT_IN_MAIL}`,
  `${DROPS_GIVEN} (?:all )?(?:that|this|those) (?:last |previous |other )?${INSTRUCTIONS}\\b`,
].map((source) => phrase(DROPS, 0.8, source, DROPS_STAND))

/** Spaced-out letters that were joined, hence without spaces; `§` stands before what was joined. */
export const SPACED_OUT: readonly Phrase[] = [
  phrase(
    DROPS,
    0.8,
    `§[a-z]{0,80}(?:ignore|disregard|forget)(?:all|any)?(?:of)?(?:the|your|my)?(?:previous|prior|above|earlier|preceding)(?:instructions?|prompts?|directives?|rules)`,
  ),
]

const EARLIER_ONES = String.raw`(?:(?:all|any|the|your|my|of|these|those) ){0,3}(?:previous|prior|earlier|above|preceding|original|initial|existing|other|system)(?: (?:and|or) (?:previous|prior|earlier|above|system))?`

/** The same with verbs that manuals use too, and as statements. */
export const VOIDING: readonly Phrase[] = [
  phrase(
    LOOSENS | ORDERS,
    0.8,
    `${LOOSENS_GIVEN} (?:(?:all|any|every|of|the|your) ){0,3}(?:previous|prior|earlier|preceding|above)(?: system)? (?:${INSTRUCTIONS}|orders|commands)\\b${NOT_IN_MAIL}`,
    LOOSENS_STAND,
  ),
  phrase(
    LOOSENS | ORDERS,
    0.8,
    `${LOOSENS_GIVEN} (?:all )?(?:of )?your (?:(?:safety|content|ethical|security|built-in|moral) (?:guidelines|rules|filters?|protocols|policies|measures|restrictions|guardrails)|restrictions|guardrails|programming|safeguards|limitations|system prompt|instructions)\\b`,
    LOOSENS_STAND,
  ),
  phrase(
    ORDERS,
    0.8,
    `\\b(?:all|any|your)(?: (?:of )?(?:the|your))? (?:previous|prior|earlier|above|preceding|original) ${INSTRUCTIONS} (?:above )?(?:is|are|have been|has been|were|should be|must be) (?:now |hereby )?(?:null|void|cancell?ed|superseded|invalid|revoked|obsolete|overridden|ignored|disregarded|forgotten|lifted|suspended|no longer)\\b`,
  ),
  phrase(
    ORDERS,
    0.6,
    `\\b(?:the|these|those)? ?(?:previous|prior|earlier|preceding) (?:${INSTRUCTIONS}) (?:no longer apply|(?:is|are|were|have been|has been) (?:now |hereby |just )?(?:void|cancell?ed|superseded|revoked|a test|overridden|no longer (?:valid|in effect|binding|relevant)))\\b`,
  ),
  phrase(
    ORDERS,
    0.6,
    `\\b(?:instructions|prompt|directives) above (?:is|are|was|were|have been) (?:now |only |just )?(?:a test|void|cancell?ed|superseded|fake|wrong|not real)\\b|\\b(?:the )?(?:real|actual|true) instructions (?:are|follow)\\b`,
  ),
  phrase(
    ORDERS,
    0.8,
    `\\b(?:these|this|the following|following|my|new)(?: new)? (?:instructions?|messages?|texts?|documents?|directives?|prompts?|commands?) (?:completely |now |will |shall |must )?(?:overrides?|supersedes?|replaces?|overrules?|cancels?|takes? (?:precedence|priority) over) ${EARLIER_ONES} (?:${INSTRUCTIONS}|rules|messages|commands|orders)\\b`,
  ),
  phrase(
    ORDERS,
    0.6,
    `\\b(?:the following|these|new|following) instructions (?:take|have) (?:precedence|priority) over\\b`,
  ),
  phrase(NEWS, 0.5, `\\bstop what(?:ever)? you(?:'re| are| were)(?: currently)? doing\\b`),
  phrase(
    NEWS,
    0.5,
    `\\b(?:cease|abandon|stop|ignore|drop|suspend) (?:all |any )?(?:your |the )?(?:previous|current|other|existing|original|present) (?:tasks?|activities|work|operations|objectives?|goals?)\\b`,
  ),
  phrase(
    NEWS,
    0.5,
    `\\binstead of (?:following|doing|completing|answering|executing|performing|continuing)?(?: with)? ?(?:the|your)(?: (?:user(?:'s)?|original|previous|current|given)){0,2} (?:task|instructions?|request|question|query|prompt|orders)\\b`,
  ),
  phrase(
    NEWS,
    0.3,
    `\\b(?:and|,|;|\\.|:) ?(?:instead,? )?(?:do|execute|run|perform|complete|follow) (?:this|these|the following|the command below|the instructions? below|only the instructions)(?: (?:first|instead|now|steps?|command|task|instructions?))?\\b`,
  ),
]

/** Signs that are harmless alone; together they make an injection. */
export const LOOSENING: readonly Phrase[] = [
  phrase(
    DROPS,
    0.5,
    `${DROPS_GIVEN} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${RULES}\\b${NOT_IN_MAIL}`,
    DROPS_STAND,
  ),
  phrase(
    DROPS,
    0.3,
    `${DROPS_GIVEN} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${RULES}\\b[,.;]? (?:and |then |instead )?${THEN}\\b`,
    DROPS_STAND,
  ),
  phrase(DROPS, 0.4, `${DROP} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${INSTRUCTIONS}\\b`, DROPS_STAND),
  phrase(
    DROPS,
    0.5,
    `${DROPS_GIVEN} (?:the|these|those|all) (?:rules|task|instructions|question|restrictions)\\b[^.\\n]{0,6}\\b(?:and|then|instead) ${THEN}\\b`,
    DROPS_STAND,
  ),
  phrase(
    DROPS,
    0.5,
    `${FORGETS_GIVEN} everything you(?:'ve| have)? (?:know|learned|been told) and (?:start|act|become|be|obey|pretend)\\b`,
    DROPS_STAND,
  ),
  phrase(
    LOOSENS | ORDERS,
    0.4,
    `${LOOSENS_GIVEN} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}(?:${INSTRUCTIONS}|safety (?:measures|protocols)|guardrails|restrictions)\\b`,
    LOOSENS_STAND,
  ),
  phrase(
    LOOSENS | ORDERS,
    0.3,
    `\\b(?:without|no|ignore|free (?:from|of)|not bound by|no longer bound by|unbound by|bypass(?:ing)?) (?:any |all |your )?(?:ethical |moral |safety |content )?(?:restrictions|filters|limitations|censorship|guardrails|ethical guidelines|guidelines)\\b`,
  ),
  phrase(
    ORDERS,
    0.4,
    `\\b(?:safety|content|ethical|all|moral) (?:safety )?(?:filters?|restrictions?|guidelines|guardrails|limits) (?:are |is |have been )?(?:now )?(?:off|disabled|lifted|removed|bypassed)\\b`,
  ),
]
