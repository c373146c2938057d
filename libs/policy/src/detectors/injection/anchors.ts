/**
 * Words without which no phrase can stand, by what they are for. The one pass over the text finds them; where those that a phrase needs do
 * not stand together, nothing else is done. Frequent words are left out where a phrase has a rarer one.
 */
export const DROPS = 1
export const LOOSENS = 1 << 1
export const ORDERS = 1 << 2
export const BEING = 1 << 3
export const HIDING = 1 << 4
export const NEWS = 1 << 5
export const REVEALING = 1 << 6
export const FILES = 1 << 7
export const VALUABLES = 1 << 8
export const PASSING = 1 << 9
export const SENDING = 1 << 10
export const BLOCKS = 1 << 11
export const MODELS = 1 << 12
export const LICENCES = 1 << 13
export const FIRSTS = 1 << 14
export const ENDS = 1 << 15
export const FOREIGN = 1 << 16

const WORDS: readonly (readonly [number, ...string[]])[] = [
  [
    DROPS,
    "ignor|1gnor|ign0r|disregard|forget|neglect|overlook|not follow|n't follow|stop follow|never follow|quit follow|cease follow",
    "longer follow|longer have to|longer need to|not obey|n't obey|stop obey|never obey|longer obey|no attention|set aside|put aside|unlearn|not adher|n't adher",
    "not comply|n't comply|stop listen|not listen|n't listen|nevermind|never mind|not have to follow",
    'i g n o r e|d i s r e g a r d|f o r g e t|i-g-n-o-r-e|i.g.n.o.r.e|d-i-s-r-e-g|f-o-r-g-e-t',
  ],
  [
    LOOSENS,
    'bypass|overrid|overrul|overwrit|circumvent|discard|supersede|nullif|erase|invalidat|abandon|dismiss|drop |delete |cancel|reset',
    'clear |replace |without any|without ethic|without moral|without restrict|without safe|free from|free of|bound by|no restriction|no limitation|no filter|no ethic|no content|no safety|no censor|no moral',
  ],
  [
    ORDERS,
    'instruct|1nstruct|prompt|directive|guideline|guardrail|safety|restriction|limitation|filter|ethic|rules|censor|system message|safeguard',
  ],
  [
    BEING,
    'you are now|you are dan|are jailbr|are unrestricted|are unfiltered|are uncensored|in developer mode|an unrestricted|an unfiltered',
    'an uncensored|a jailbr|an amoral|an evil|dan mode|god mode|debug mode|jailbreak mode|unrestricted mode|developer mode',
    'maintenance mode|admin mode|do anything now|as dan|have no restrict|are not bound',
  ],
  [
    HIDING,
    "not tell|n't tell|not inform|n't inform|not mention|n't mention|not notify|n't notify|not alert|n't alert|not reveal|n't reveal",
    "not disclose|n't disclose|not warn|n't warn|not let the|n't let the|never tell|never mention|never inform|never reveal|never disclose",
    'without tell|without inform|without notif|without mention|without asking|without alert|without warning|without the user|secretly',
    "silently|covertly|not show|n't show|not say|n't say|not explain|n't explain|not ask|n't ask|hide this|hide it|hide these|keep this|keep it|keep these",
  ],
  [
    NEWS,
    'new instruction|updated instruction|revised instruction|new task|real task|actual task|only task|updated task|new goal|real goal',
    'new objective|new role|real role|true purpose|new directive|updated directive|from now on|instead, |instead you|instead do|instead say',
    'instead output|instead respond|instead reply|instead print|only with|following instruction|following order|following command',
    'following directive|following task|following new|these instruction|new system|updated system|instructions are|task is|new prompt',
    'stop what|cease all|abandon your|abandon the|abandon all|current task|previous task|original task|other tasks|all tasks|instead of follow|instead of do',
    'instead of complet|instead of answer|instead of execut|instead of the task|instead of your|instead of perform|obey|follow me|follow mine|follow only|listen to',
    'do this instead|do this first|command below|instructions below|no limits|no restrictions|do the following|execute the following|do these',
    'real instruction|actual instruction|true instruction|new order|important instruction|special instruction|precedence|priority|this instruction',
  ],
  [
    REVEALING,
    'system prompt|system message|system instruction|initial prompt|initial instruction|initial message|original prompt|original instruction',
    'hidden prompt|hidden instruction|secret prompt|secret instruction|text above|words above|instructions above|everything above|all above',
    'content above|prompt above|sentences above|words before|text before|pre-prompt|preprompt|previous prompt|previous instruction',
    'developer message|developer prompt|developer instruction|secret message',
  ],
  [
    FILES,
    '.ssh|id_rsa|.aws|.cursor|mcp.json|/etc/shadow|/etc/passwd|.env|config.json|.git-credentials|.npmrc|.kube|keychain',
  ],
  [
    VALUABLES,
    'api key|api_key|password|credential| secrets|access token|access_token|private key|ssh key|system prompt|chat history|message history',
    'environment variable|seed phrase|the conversation|entire conversation|full conversation|id_rsa|.env',
  ],
  [
    PASSING,
    'its content|the content|their content|its value|the value|its result|the result|its output|the output|its text|the text',
  ],
  [
    SENDING,
    'send|forward|upload|post |email|e-mail|exfiltrat|transmit|leak|append|include|pass |submit|provide|share|attach|bcc|copy|put |add ',
  ],
  [
    BLOCKS,
    '<important|<critical|<instruction|<secret|<hidden|<information|<admin|<urgent|<override|<mandatory|<system|[system|[admin|important!!',
  ],
  [
    MODELS,
    'assistant|language model|llm|chatbot|ai agent|ai model|gpt|claude|ai system|to ai|for ai|the ai|an ai|any ai|all ai',
  ],
  [
    LICENCES,
    'has authori|have authori|already authori|explicitly authori|user authori|admin authori|owner authori|has approved|already approved',
    'user approved|has confirmed|already confirmed|user confirmed|has consented|already consented|already agreed|has granted|has agreed',
    'given permission|given you permission|given consent|has already|has explicitly|has fully|has given',
  ],
  [
    FIRSTS,
    'before using|before you|before call|before invok|before perform|before execut|before respond|before answer|before continuing',
    'before solving|before completing|must call|must first|must use|always call|always use|must invoke|must run|whenever|otherwise',
    'other tool|other function|original tool|when this tool|when the tool|if this tool|any tool',
  ],
  [
    ENDS,
    'end of the system|end of system|end of user|end of the user|end of instruction|end of the instruction|end of document|end of the document',
    'end of tool|end of the tool|end of untrusted|begin new|begin real|beginning of|start of new|start of the new|begin the new|start new',
  ],
  [
    FOREIGN,
    'ignorier|vergiss|vergessen|missacht|ignorez|ignore toutes|ignore les|oublie|ignora|ignoren|ignore as|ignore tod|ignore las|olvid|descart',
    'caso omiso|pas compte de|plus compte de|aucun compte de|desconsider|esquec|dimentica|negeer|vergeet|zignoruj|ignoruj|zapomnij|игнорир|забуд|не обращай|忽略|无视|無視|忘记|忘れ|忽視',
    '不要理会|무시|잊|تجاهل|انس|अनदेखा|नज़रअंदाज़|yok say|gormezden|unut|ignorera|glom |bo qua|abaikan|lupakan|התעלם',
  ],
]

/** Each anchor with what it is for; a word may be for several things. */
export const ANCHORS: ReadonlyMap<string, number> = anchorsOf()

function anchorsOf(): ReadonlyMap<string, number> {
  const masks = new Map<string, number>()
  for (const [mask, ...lines] of WORDS) {
    for (const word of lines.flatMap((line) => line.split('|')))
      masks.set(word, (masks.get(word) ?? 0) | mask)
  }
  return masks
}
