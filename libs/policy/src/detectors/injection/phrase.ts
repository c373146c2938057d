/** One way of telling a model to leave its task. Weights of the phrases that stand together add up. */
export type Phrase = {
  /** sticky where `verb` is told */
  readonly pattern: RegExp
  /** with what the phrase begins: many begin alike, and where none of these stands none of them need be looked for */
  readonly verb: RegExp | null
  /** anchors that must stand near */
  readonly needs: number
  /** towards `inj.override` (0.8) and `inj.suspect` (0.5) */
  readonly weight: number
  /** towards `inj.tool_poisoning` (0.8), anywhere */
  readonly poison: number
  /** the same, in what a tool, prompt or resource says of itself */
  readonly inDefinition: number
}

export const phrase = (
  needs: number,
  weight: number,
  source: string,
  more: Partial<Phrase> = {},
): Phrase => ({
  pattern: new RegExp(source, more.verb === undefined ? 'g' : 'y'),
  verb: null,
  needs,
  weight,
  poison: 0,
  inDefinition: weight,
  ...more,
})

/*
 * The pieces below are bounded everywhere, so that each attempt to match costs at most a constant; they read text that `normalise` evened
 * out. A new phrase needs a positive and a benign look-alike in the detector tables.
 */
export const DROP = String.raw`(?:ignor(?:e|ing)?|1gnor[e3]|ign0r[e3]|disregard(?:ing)?|forget(?:ting)?(?: about)?|neglect|overlook|never ?mind|(?:do not|don't|dont|never|stop|quit|cease|must not)(?: to)? (?:follow|obey|adher|comply|listen)(?:ing|e)?(?: (?:to|with))?|pay no attention to|no longer (?:have to |need to )?(?:follow|obey)|set aside|put aside|unlearn)`
export const LOOSEN = String.raw`(?:discard|abandon|override|overrule|bypass|circumvent|supersede|nullify|erase|drop|delete|cancel|overwrite|invalidate|replace|reset|clear|break free (?:from|of))`
export const QUALIFIERS = String.raw`(?:(?:all|al|any|every|each|of|the|these|those|your|my|our|its|this|that|and|or|other|previous|previus|pervious|prevous|previously|prior|preceding|above|earlier|former|past|existing|original|initial|system|given|foregoing|aforementioned|developer|safety|current|old|such|first|everything|anything|in|from|user|default|internal|admin|hidden|core|provided|programmed|standing|established|set|written|security|built-in|whatever|entire|full|specific|operating|last) ){0,8}`
export const EARLIER = String.raw`(?:previous|previus|pervious|prevous|previously given|prior|preceding|above|earlier|former|past|original|initial|system|developer|foregoing|aforementioned|your|existing|current|old|standing|last)`
export const INSTRUCTIONS = String.raw`(?:instructions?|instructon?s|intructions?|instruct1ons|1nstructions|prompts?|directives?|programming|directions|system messages?)`
export const RULES = String.raw`(?:rules|guidelines|guidance|constraints|restrictions|orders|commands|context|messages?|conversation|text|training|polic(?:y|ies)|content|tasks?|requests?|limitations|objectives?|goals?|roles?|persona|identity|character|safety (?:measures|protocols)|ethics|safeguards|guardrails|boundaries|protocols)`
export const TO_DATE = String.raw`(?:above|before this|before now|prior to this|so far|until now|up to now|up to this point|that came before|(?:that )?(?:was|were|is|has been|had been) (?:said|told|written|stated|given|mentioned)|that (?:i|we) (?:just )?(?:said|told you|gave you)|(?:that )?you(?:'ve)? (?:were|have been|are|had been|was|been) (?:previously |originally |initially )?(?:given|told|provided|instructed|taught|trained)|given to you|(?:that )?you(?:'ve| have)? (?:previously |originally )?(?:received|been given|read|learned|got)|from (?:before|above|earlier|the system|the developer|your (?:developer|creator|system))|in (?:the|your) system prompt|written above|mentioned above|stated above|provided above|listed above|before|earlier|previously)`

/** Whoever writes about such sentences, or about their own mail or manual, writes them in these ways. */
const NOT_REPORTED = String.raw`(?<!\b(?:can|may|could|might|will|would|cannot|safely|free to|attempts? to|try to|tries to|trying to|able to|want to|wants to|used to|allows? you to|option to|flag to|how to|does not|doesn't|should never|not|whether to|(?:them|model|models|llm|agent|assistant|it|jury|jurors|told|asked|instructed|configured) to|such as|like|says?|as|e\.g\.|example,|example:|say:?|phrases?|writes?|[a-z]s? that) ["'(]{0,2})`
export const NOT_IN_MAIL = String.raw`(?! (?:that )?(?:i|we|he|she|they) (?:have )?(?:just )?(?:sent|wrote|e-?mailed|mailed|posted|shared)| (?:in|from|of) (?:my|our|the|this|that) (?:(?:last|previous|earlier|first) )?(?:e-?mails?|mails?|letter|note|thread|section|step|chapter|guide|readme|documentation|docs|page|tutorial|manual)|,? (?:if|unless|when) (?:you|your|using|the|it|i)\b|["']? (?:attacks?|patterns?|style|phrases?|payloads?|injections?|attempts?|variants?|flag|option|setting|argument|parameter|files?|are|is|was|were|when (?:running|using|building|installing)))`
/** What an order that takes the place of another begins with. */
export const THEN = String.raw`(?:say|tell|give|output|print|repl(?:y|ies)|respond|answer|reveal|show|write|list|send|forward|execute|run|call|delete|follow|obey|summari[sz]e|translate|instead|do|start|act|read|open|visit|transfer|export|approve|comply)`

/** An order that is given and not merely reported: the beginning of a phrase that has `placesOf` the verb. */
export const given = (verb: string): string => `${NOT_REPORTED}${verb}`

/**
 * Where a verb stands. Many phrases begin alike: the places are found once for all of them and each is tried there only, for to look back
 * from every character of a text, phrase by phrase, for who might report the order costs ten times as much as all the rest.
 */
export const placesOf = (verb: string): Pick<Phrase, 'verb'> => ({
  verb: new RegExp(String.raw`\b(?=${verb})`, 'g'),
})
