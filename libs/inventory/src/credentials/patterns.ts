/** How the tokens of common services begin; what follows is long enough to be one. */
const PREFIXES = [
  'gh[pousr]_[A-Za-z0-9]{16,}',
  'github_pat_\\w{20,}',
  'gl(?:pat|dt|rt|cbt|ptt|soat|ft)-[\\w-]{16,}',
  'sk-[\\w-]{16,}',
  '(?:sk|rk|pk)_(?:live|test)_\\w{10,}',
  'whsec_[\\w+/=]{16,}',
  'xox[abeoprs]-[\\w-]{10,}',
  'xapp-[\\w-]{10,}',
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}',
  'AIza[\\w-]{20,}',
  'ya29\\.[\\w-]{10,}',
  'GOCSPX-[\\w-]{10,}',
  'hf_[A-Za-z0-9]{16,}',
  'npm_[A-Za-z0-9]{16,}',
  'pypi-[\\w-]{16,}',
  'dckr_(?:pat|oat)_[\\w-]{10,}',
  'SG\\.[\\w-]{10,}(?:\\.[\\w-]+)?',
  'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{16,}',
  'lin_(?:api|oauth)_\\w{16,}',
  '(?:ntn|secret)_[A-Za-z0-9]{20,}',
  'fig[duo]?_[\\w-]{16,}',
  'tvly-[\\w-]{10,}',
  'fc-[a-f0-9]{16,}',
  'gsk_\\w{16,}',
  'r8_\\w{16,}',
  'pplx-\\w{16,}',
  'xai-\\w{16,}',
  'nvapi-[\\w-]{16,}',
  'do[or]_v1_[a-f0-9]{16,}|dop_v1_[a-f0-9]{16,}',
  'ATATT3[\\w=-]{16,}|ATCTT3[\\w=-]{16,}',
  'sntry[su]_[\\w+/=-]{16,}',
  'sbp_[a-f0-9]{16,}|sb_secret_[\\w-]{10,}',
  'pat[A-Za-z0-9]{14}\\.[a-f0-9]{16,}',
  'glsa_\\w{16,}|glc_[\\w+/=]{16,}',
  'PMAK-[\\w-]{16,}',
  'dapi[a-f0-9]{16,}',
  'hv[sbr]\\.[\\w-]{16,}',
  'tskey-[\\w-]{10,}',
  'AGE-SECRET-KEY-[A-Z0-9]{10,}',
  'EAA[A-Za-z0-9]{24,}',
  '\\d{8,10}:AA[\\w-]{30,}',
  'phc_\\w{20,}|phx_\\w{20,}',
  'rnd_\\w{16,}|re_\\w{16,}|key-[a-f0-9]{32}',
  'w(?:ak|en|ol)_[\\w.-]{16,}',
  'eyJ[\\w-]{8,}\\.[\\w-]{4,}(?:\\.[\\w-]*)?',
  '-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*-----|$)',
]

// Bounded, so that a text of nothing but beginnings is not read again and again to its end. What is beyond looks random by itself.
const BOUNDED = PREFIXES.map((prefix) => prefix.replaceAll(/\{(\d+),\}/g, '{$1,256}'))

/** Every token of a known form in a text. */
export const SECRET_PATTERN = new RegExp(`(?<![A-Za-z0-9])(?:${BOUNDED.join('|')})`, 'g')

/** Names of variables, headers, options and parameters that hold secrets. */
const SECRET_NAME =
  /(?:token|secret|passw|passphrase|pwd|api[-_.]?key|apikey|credential|private[-_]?key|access[-_]?key|auth(?!or(?!i[sz]))|bearer|cookie|signature|dsn|conn(?:ection)?[-_]?str|(?:^|[-_])(?:pat|key|sig|pass|jwt)(?:$|[-_]))/i
/** They are named like one and hold none. */
const HARMLESS_NAME =
  /(?:auth(?:orization)?[-_]?(?:type|method|mode|url|uri|endpoint|server|provider)|(?:max|num)[-_]?tokens?|token[-_]?(?:limit|url|uri|endpoint|type)|key[-_]?(?:id|file|path|name)|(?:secret|credential|token|password|passw)s?[-_]?(?:file|path|name|dir|store)|client[-_]?id|public[-_]?key|auth(?:oriz|entic)?(?:ed|able)$)/i

export const namesSecret = (name: string): boolean => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name)

/** What people write where a secret is to be put. */
const PLACEHOLDER =
  /^(?:<[^<>]*>|\[[^[\]]*\]|\*+|x{3,}|\.{3}|…|your[-_ ][a-z -]*(?:here)?|[a-z_ -]*[-_ ]here)$/i
export const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value)
