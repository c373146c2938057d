import {
  BEING,
  BLOCKS,
  ENDS,
  FILES,
  FIRSTS,
  HIDING,
  LICENCES,
  MODELS,
  NEWS,
  PASSING,
  REVEALING,
  SENDING,
  VALUABLES,
} from './anchors.ts'
import { phrase } from './phrase.ts'
import type { Phrase } from './phrase.ts'

export const BECOMING: readonly Phrase[] = [
  phrase(BEING, 0.3, `\\byou are now (?:an? |the |in |no longer |dan\\b)`),
  phrase(
    BEING,
    0.6,
    `\\byou are (?:now )?(?:an? )?(?:dan\\b|jailbroken|unrestricted|unfiltered|uncensored|in developer mode)|\\bdo anything now\\b`,
  ),
  phrase(
    BEING,
    0.3,
    `\\b(?:act|pretend|behave|respond|roleplay|role-play|role play|simulate|answer)(?: as| to be| that you are| as if you (?:are|were))? (?:dan|an? (?:unrestricted|unfiltered|uncensored|evil|amoral|jailbroken)|you (?:have no|are not bound))\\b`,
    { weight: 0.5 },
  ),
  phrase(
    BEING,
    0.4,
    `\\b(?:developer|god|jailbreak|debug|unrestricted|dan|admin|maintenance) mode (?:is )?(?:now )?(?:enabled|activated|on|engaged)\\b`,
  ),
  phrase(
    BEING,
    0.4,
    `\\b(?:enter|enable|activate|switch (?:in)?to|you are in) (?:developer|god|jailbreak|unrestricted|dan) mode\\b`,
  ),
]

export const RENEWING: readonly Phrase[] = [
  phrase(NEWS, 0.3, `\\bfrom now on,? (?:you|your|always|ignore|respond|answer|act)\\b`),
  phrase(
    NEWS,
    0.5,
    `\\b(?:your|the) (?:new|only|updated) (?:system )?(?:instructions?|task|goal|objective|role|purpose|directives?|prompt) (?:is|are)(?: now)?(?: only)? to\\b`,
  ),
  phrase(
    NEWS,
    0.8,
    `\\byour (?:real|actual|true) (?:instructions?|task|goal|objective|role|purpose|directives?|prompt) (?:is|are)(?: now)?(?: only)? to\\b`,
  ),
  phrase(
    NEWS,
    0.3,
    `\\b(?:obey|follow|listen to) (?:only )?(?:me|mine|this (?:document|message|text)|my (?:instructions|commands|orders))\\b|\\b(?:no|without any|have no) (?:limits|restrictions)\\b`,
  ),
  phrase(
    NEWS,
    0.4,
    `\\bnew (?:system )?(?:instructions?|directives?)(?: for (?:you|the (?:ai|assistant|model|agent)))?: ?(?:you (?:must|should|will|are)|send|forward|delete|reveal|output|print|answer|respond|reply|transfer|execute|do not|never|ignore|visit|obey|call the)\\b`,
  ),
  phrase(
    NEWS,
    0.4,
    `\\b(?:new|updated|revised|real|actual|important|special) (?:system )?(?:instructions?|directives?|orders?)(?: for (?:you|the (?:ai|assistant|model|agent)))?:`,
  ),
  phrase(
    NEWS,
    0.4,
    `\\b(?:strictly |only )?(?:adhere to|follow|obey|execute|comply with) (?:only )?(?:the|these|this) (?:following|new|updated)(?: new)? (?:instructions?|orders?|commands?|directives?|task)\\b`,
    { weight: 0.3 },
  ),
  phrase(
    NEWS,
    0.3,
    `\\b(?:instead,? (?:you (?:must|should|will)|do|say|output|respond|reply|print|send|execute|run|call)|(?:respond|reply|answer) only with)\\b`,
  ),
  phrase(
    NEWS,
    0.3,
    `\\b(?:this|these|the following)(?: new)? (?:message|instructions?|directives?|task|request) (?:take|takes|has|have) (?:the )?(?:highest |top |absolute )?(?:priority|precedence)\\b`,
  ),
]

export const REVEAL: readonly Phrase[] = [
  phrase(
    REVEALING,
    0.5,
    `\\b(?:reveal|print|show|repeat|output|display|leak|disclose|recite|dump|summari[sz]e|translate|write (?:out|down)|tell me|give me|send|include|what (?:is|are|were)) (?:(?:me|us|all|of|verbatim|the|your|full|entire|exact|complete|contents?|back|out|to|everything in|above) ){0,6}(?:system|initial|hidden|original|secret|previous|pre-|developer) ?(?:prompt|instructions?|directives?)\\b`,
    { weight: 0.5 },
  ),
  phrase(
    REVEALING,
    0.3,
    `\\b(?:reveal|print|show|repeat|output|display|leak|disclose|recite|paste|dump|what (?:is|are)) (?:(?:me|us|all|of|to) ){0,3}your (?:full |entire |exact |complete )?(?:system|initial|hidden|original|secret) (?:prompt|instructions?|messages?)\\b`,
  ),
  phrase(
    REVEALING,
    0.4,
    `\\b(?:repeat|print|output|recite|copy)(?: back)? (?:(?:all|everything|the|of|every) ){0,3}(?:words|text|instructions?|prompt|sentences|content) (?:above|before)\\b`,
    { weight: 0.5 },
  ),
]

export const HIDE: readonly Phrase[] = [
  phrase(
    HIDING,
    0.5,
    `\\b(?:do not|don't|dont|never|you must not|you should not) (?:ever )?(?:tell|inform|mention|notify|alert|warn|disclose|reveal|show|say|explain|let|ask)(?: [a-z]{1,12}){0,5} (?:to |by )?(?:the |your )?(?:users?|human|customer|client|operator)\\b`,
    { poison: 0.4, inDefinition: 0.5 },
  ),
  phrase(
    HIDING,
    0.4,
    `\\bwithout (?:telling|informing|notifying|asking|alerting|mentioning|warning)(?: [a-z]{1,12}){0,4} (?:the |your )?(?:users?|human)\\b|\\bwithout the user(?:'s)? (?:knowing|knowledge|noticing|consent|approval)\\b`,
    { poison: 0.4, inDefinition: 0.5 },
  ),
  phrase(
    HIDING,
    0.3,
    `\\b(?:do not|don't|never) (?:mention|reveal|disclose|tell|say|explain) (?:this|that|it|anything|these|about)\\b|\\b(?:secretly|silently|covertly) (?:send|forward|copy|upload|include|add|read|execute|run|call|bcc)\\b`,
    { poison: 0.4, inDefinition: 0.5 },
  ),
  phrase(
    HIDING,
    0.3,
    `\\bkeep (?:this|it|these)(?: [a-z]{1,12}){0,3} (?:secret|hidden|confidential)(?: from (?:the )?user)?\\b|\\bhide (?:this|it|these)(?: [a-z]{1,12}){0,3} from (?:the )?user\\b`,
    { poison: 0.4, inDefinition: 0.5 },
  ),
]

export const ADDRESS: readonly Phrase[] = [
  phrase(
    MODELS,
    0.4,
    `\\b(?:attention|note|message|instructions?|important)(?: message| note| instructions?)?,? (?:to|for) (?:(?:the|all|any|every|you,?) ){0,2}(?:ai|llms?|assistants?|language models?|chatbots?|gpt|claude|ai (?:agents?|assistants?|models?|systems?))\\b`,
    { poison: 0.3 },
  ),
  phrase(
    MODELS,
    0.3,
    `\\b(?:as|if you are|when you are) an? (?:ai|llm|language model|ai (?:agent|assistant|model))(?: (?:reading|processing|summari[sz]ing) this)?,? (?:you (?:must|should|have to|are required)|please)\\b`,
  ),
  phrase(
    BLOCKS,
    0.4,
    `<(?:important|critical|instructions?|secret|hidden|information|admin|urgent|override|mandatory|system-?(?:reminder|override|instruction))>|\\[(?:system|admin)(?: (?:override|message|instruction|note|update))?\\]:?|\\bimportant!{2,9}`,
    { weight: 0.3, poison: 0.4, inDefinition: 0.5 },
  ),
  phrase(
    SENDING | PASSING,
    0.3,
    `\\b(?:send|forward|post|upload|e-?mail) (?:its|their|the) (?:content|contents|output|result|value|text)s? to\\b`,
  ),
  phrase(
    MODELS,
    0.4,
    `\\b(?:if|when|since) you are an? (?:ai|llm|language model|chatbot|assistant|bot)\\b[^.\\n]{0,30}\\b(?:reading|processing|seeing|summari)`,
  ),
  phrase(
    LICENCES,
    0.3,
    `\\b(?:the )?(?:user|admin|administrator|owner|system)(?: has| have)?(?: already)?(?: fully| explicitly)? (?:authori[sz]ed|approved|confirmed|consented|agreed|granted|given (?:you )?(?:permission|consent))\\b`,
    { inDefinition: 0.4 },
  ),
  phrase(
    FIRSTS,
    0.3,
    `\\bbefore (?:you (?:can )?)?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|respond(?:ing)?|answer(?:ing)?|perform(?:ing)?|execut(?:e|ing)|continu(?:e|ing)|solv(?:e|ing)|complet(?:e|ing))\\b[^.\\n]{0,60}\\b(?:you must|please|first|always|do the following|read|call|send)\\b`,
    { weight: 0.2, poison: 0.2, inDefinition: 0.3 },
  ),
  phrase(
    ENDS,
    0.4,
    `\\b(?:end of (?:the )?(?:system prompt|user input|instructions|document|tool (?:output|result)|untrusted (?:content|data))|(?:begin|start)(?:ning)? (?:of )?(?:the )?(?:new|real) (?:system prompt|instructions|session|conversation))\\b`,
  ),
]

export const STEALING: readonly Phrase[] = [
  phrase(
    SENDING | VALUABLES,
    0.3,
    `\\b(?:send|forward|post|upload|e-?mail|exfiltrate|transmit|leak|append|pass|include|submit|provide|share|attach|bcc)\\b[^.\\n]{0,60}(?:\\b(?:api keys?|passwords?|credentials|secrets|access tokens?|private keys?|ssh keys?|conversation|chat history|system prompt|message history|environment variables|seed phrase)\\b|\\.env\\b|\\bid rsa\\b)[^.\\n]{0,40}(?:\\b(?:to|at|as|in|with)\\b)`,
    { poison: 0.3, inDefinition: 0.4 },
  ),
  phrase(
    FILES,
    0.2,
    `\\b(?:read|open|cat|load|fetch|access|retrieve|include|list|send|upload|copy (?=~))\\b[^\\n]{0,60}(?:\\/?\\.ssh\\b|\\bid rsa\\b|\\.aws\\b|\\.cursor\\/|mcp\\.json|\\/etc\\/(?:shadow|passwd)|\\.env\\b|config\\.json|\\.git-?credentials|\\.npmrc|\\.kube\\b|keychain)`,
    { poison: 0.4, inDefinition: 0.6 },
  ),
  phrase(
    SENDING | PASSING,
    0.2,
    `\\b(?:pass|put|provide|include|add|send) (?:its|their|the) (?:content|contents|result|output|value|text)s?\\b[^.\\n]{0,60}\\b(?:as|in|to|into) [^.\\n]{0,20}\\b(?:parameter|argument|sidenote|note|field|context|feedback|metadata)`,
    { poison: 0.4, inDefinition: 0.6 },
  ),
]

/** Tools that take the place of others. Harmless in prose; what a tool says of itself needs none of it. */
export const SHADOWING: readonly Phrase[] = [
  phrase(
    FIRSTS,
    0,
    `\\b(?:you must|always|must) (?:first )?(?:call|use|invoke|run|execute) this (?:tool|function)\\b[^.\\n]{0,60}\\b(?:before|prior to|instead of|after) (?:using |calling )?(?:any|every|all|each|the|other)\\b`,
    { inDefinition: 0.4 },
  ),
  phrase(
    FIRSTS,
    0,
    `\\b(?:when|whenever|if) (?:the |this |you )?[^.\\n]{0,50}\\b(?:tool|function)s?\\b[^.\\n]{0,40}\\b(?:is|are) (?:used|called|invoked|available)[^.\\n]{0,60}\\b(?:must|should|always)\\b`,
    { inDefinition: 0.4 },
  ),
  phrase(
    FIRSTS,
    0,
    `\\b(?:do not|don't|never) (?:use|call|invoke) (?:any other|other|the (?:other|original|old)) [^.\\n]{0,40}\\b(?:tools?|functions?|servers?)\\b|\\botherwise,? (?:the tool|it|the (?:application|server|system)) (?:will|does|would) (?:not work|crash|fail)`,
    { inDefinition: 0.4 },
  ),
]
