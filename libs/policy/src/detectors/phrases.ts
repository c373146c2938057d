/** One way of telling a model to leave its task. Weights add up; patterns read text that `normalise.ts` evened out. */
export type Phrase = { readonly weight: number; readonly pattern: RegExp }

/*
 * The pieces below are bounded everywhere, so that each attempt to match costs at most a constant.
 * A new phrase needs a positive and a benign look-alike in the detector tables.
 */
const DROP = String.raw`(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|neglect|do not (?:follow|obey)|don't (?:follow|obey)|stop (?:following|obeying)|pay no attention to)`
const QUALIFIERS = String.raw`(?:(?:all|any|every|each|of|the|these|those|your|my|our|its|this|that|and|or|other|previous|previously|prior|preceding|above|earlier|former|past|existing|original|initial|system|given|foregoing|aforementioned|developer|safety|current|old|such) ){0,8}`
const EARLIER = String.raw`(?:previous|previously given|prior|preceding|above|earlier|former|past|original|initial|system|developer|safety|foregoing|aforementioned|your)`
const INSTRUCTIONS = String.raw`(?:instructions?|prompts?|directives?|programming|directions)`
const RULES = String.raw`(?:rules|guidelines|constraints|restrictions|orders|commands|context|messages?|conversation|text|training|polic(?:y|ies)|content|data|settings)`
const TO_DATE = String.raw`(?:above|before this|prior to this|so far|until now|up to now|you (?:were|have been|are|had been) (?:given|told)|given to you|you (?:have )?received|from (?:before|above)|in (?:the|your) system prompt)`

/** Whoever writes about such sentences, or about their own mail or manual, writes them in these ways. */
const NOT_REPORTED = String.raw`(?<!\b(?:can|may|could|might|safely|free to|attempts? to|try to|tries to|trying to) )`
const NOT_IN_MAIL = String.raw`(?! (?:that )?(?:i|we|he|she|they) (?:sent|wrote|e-?mailed|mailed|posted|shared)| (?:in|from) (?:my|our|the|this|that) (?:(?:last|previous|earlier|first) )?(?:e-?mails?|mails?|letter|note|thread|section|step|chapter)|,? if (?:you|your|using)\b)`

/** Plain orders to drop what came before: enough on their own, unless they are merely quoted. */
export const ORDERS: readonly RegExp[] = [
  `${NOT_REPORTED}\\b${DROP} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${INSTRUCTIONS}\\b${NOT_IN_MAIL}`,
  `${NOT_REPORTED}\\b${DROP} ${QUALIFIERS}${INSTRUCTIONS} ${TO_DATE}\\b(?!,? if (?:you|your|using)\\b)`,
  `${NOT_REPORTED}\\b${DROP} (?:everything|anything|all|whatever)(?: that)? (?:${TO_DATE}|i (?:said|told you))\\b(?!,? if (?:you|your|using)\\b)`,
  // spaced-out letters that were joined, hence without spaces; `§` stands before what was joined
  `§[a-z]{0,80}(?:ignore|disregard|forget)(?:all)?(?:of)?(?:the|your|my)?(?:previous|prior|above|earlier|preceding)(?:instructions?|prompts?|directives?)`,
  `\\b(?:ignorier(?:e|en|t)|vergiss|missachte|vergessen) (?:sie )?(?:bitte )?(?:(?:alle|die|deine|meine|ihre) ){0,3}(?:vorherigen|bisherigen|vorigen|obigen|früheren|vorangegangenen) (?:anweisungen|instruktionen|befehle|vorgaben|anordnungen)`,
  `\\b(?:ignore[sz]?|oublie[sz]?) (?:(?:toutes|les|tes|vos|mes) ){0,3}(?:instructions|consignes|directives) (?:précédentes|antérieures|ci-dessus|initiales)`,
  `\\b(?:ignor[ae]|olvid[ae]|descart[ae]) (?:(?:todas|las|tus|sus) ){0,3}(?:instrucciones|órdenes|indicaciones) (?:anteriores|previas|de arriba|iniciales)`,
  `(?<![a-z])(?:ignore|ignora|esqueça|desconsidere) (?:(?:todas|as|suas) ){0,3}(?:instruções|orientações) (?:anteriores|prévias|acima)`,
  `\\b(?:ignora|dimentica) (?:(?:tutte|le|tue) ){0,3}istruzioni (?:precedenti|iniziali)`,
  `\\b(?:negeer|vergeet) (?:(?:alle|de|je|uw) ){0,3}(?:voorgaande|vorige|eerdere|bovenstaande) (?:instructies|opdrachten|aanwijzingen)`,
  `(?:игнорируй(?:те)?|забудь(?:те)?) (?:(?:все|свои|ваши) ){0,3}(?:предыдущие|прежние|прошлые) (?:инструкции|указания|команды)`,
  `(?:忽略|无视|忘记)[^。\\n]{0,8}(?:之前|以上|先前|上述|前面)[^。\\n]{0,6}(?:指令|指示|说明|提示)`,
  `(?:これまで|以前|上記|前)の[^。\\n]{0,6}(?:指示|命令|プロンプト)[^。\\n]{0,6}(?:無視|忘れ)`,
].map((source) => new RegExp(source, 'g'))

/** Signs that are harmless alone; together they make an injection. */
export const SIGNS: readonly Phrase[] = [
  [0.5, `\\b${DROP} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${RULES}\\b`],
  [0.4, `\\b${DROP} (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${INSTRUCTIONS}\\b`],
  [
    0.5,
    `\\b(?:bypass|override|overrule|circumvent|discard) (?=${QUALIFIERS}?${EARLIER} )${QUALIFIERS}${INSTRUCTIONS}\\b`,
  ],
  [0.3, `\\byou are now (?:an? |the |in |no longer )`],
  [
    0.6,
    `\\byou are (?:now )?(?:dan\\b|jailbroken|unrestricted|unfiltered|uncensored|in developer mode)|\\bdo anything now\\b`,
  ],
  [
    0.4,
    `\\b(?:developer|god|jailbreak|debug|unrestricted) mode (?:is )?(?:now )?(?:enabled|activated|on)\\b`,
  ],
  [
    0.3,
    `\\b(?:without|no|ignore) (?:any |all )?(?:ethical |moral |safety |content )?(?:restrictions|filters|limitations|censorship|guardrails)\\b`,
  ],
  [0.3, `\\bfrom now on,? (?:you|your|always|ignore|respond|answer|act)\\b`],
  [
    0.3,
    `\\b(?:your|the) (?:new|real|actual|true) (?:instructions?|task|goal|objective|role|purpose) (?:is|are)\\b|\\b(?:new|updated|revised) (?:system )?instructions?:`,
  ],
  [
    0.5,
    `\\b(?:reveal|print|show|repeat|output|display|leak|disclose|tell me|give me|send|include|what (?:is|are)) (?:(?:me|us|all|of|verbatim|the|your|full|entire|exact|complete|contents?) ){0,5}(?:system|initial|hidden|original|secret) (?:prompt|instructions?|message)\\b`,
  ],
  [
    0.5,
    `\\b(?:do not|don't|never|must not) (?:tell|inform|mention|notify|alert|warn|disclose|reveal)(?: [a-z]{1,12}){0,4} (?:to )?(?:the |your )?(?:user|human)\\b|\\bwithout (?:telling|informing|notifying|asking|alerting|mentioning)(?: [a-z]{1,12}){0,3} (?:the |your )?(?:user|human)\\b`,
  ],
  [
    0.4,
    `\\b(?:attention|note|message|instructions?|important)(?: message| note| instructions?)?,? (?:to|for) (?:(?:the|all|any|every) ){0,2}(?:ai|llm|assistants?|language models?|chatbots?|ai (?:agents?|assistants?|models?))\\b`,
  ],
  [0.4, `<(?:important|critical|instructions?|secret|hidden)>`],
  [
    0.3,
    `\\bas an? (?:ai|llm|language model|ai (?:agent|assistant)),? you (?:must|should|have to|are required)\\b`,
  ],
  [
    0.4,
    `\\b(?:send|forward|post|upload|e-?mail|exfiltrate|transmit|leak|append|pass|include)\\b[^.\\n]{0,60}\\b(?:api keys?|passwords?|credentials|secrets|access tokens?|private keys?|ssh keys?|\\.env|id rsa|conversation|chat history|system prompt)\\b[^.\\n]{0,40}(?:\\b(?:to|at|as|in)\\b)`,
  ],
  [
    0.4,
    `\\b(?:read|open|cat|load|fetch)\\b[^\\n]{0,40}(?:~\\/\\.ssh|id rsa|~\\/\\.aws|\\.aws\\/credentials|~\\/\\.cursor|mcp\\.json|\\/etc\\/shadow)`,
  ],
  [
    0.4,
    `(?:\\bend of (?:the )?(?:system prompt|user input|instructions)\\b|\\b(?:begin|start) (?:of )?(?:the )?(?:new|real) (?:system prompt|instructions)\\b)`,
  ],
  [
    0.3,
    `\\b(?:instead,? (?:you (?:must|should|will)|do|say|output|respond|reply|print|send|execute|run|call)|respond only with|reply only with)\\b`,
  ],
].map(([weight, source]) => ({ weight: Number(weight), pattern: new RegExp(String(source)) }))

/** A cheap look before the dear ones: text without any of these words scores nothing. */
export const ANCHORS = new RegExp(
  [
    'ignor|disregard|forget|neglect|obey|follow|attention|bypass|overr|circumvent|discard|restrictions|instruction',
    'prompt|password|secret|token|conversation|history|credential|instead|respond|reply|user|human|limitations|filters',
    'you are|do anything|mode|from now|api key|private key|id rsa|guardrails|censorship|<important|<critical|<hidden',
    '\\bas an? |\\.ssh|\\.aws|\\.env|mcp\\.json|cursor|shadow',
    'vergiss|vergessen|missachte|oublie|olvid|descart|esque|desconsidere|dimentica|negeer|vergeet',
    'игнор|забуд|忽略|无视|忘记|無視|忘れ',
  ]
    .join('|')
    .replaceAll(' ', '[\\s_]{1,20}'),
  'i',
)
