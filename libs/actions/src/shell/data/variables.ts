import type { Certainty } from '../facts.ts'

/** Their value is a command that some program runs. */
export const COMMAND_VARIABLES: ReadonlySet<string> = new Set(
  'GIT_SSH_COMMAND GIT_SSH GIT_PAGER GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_EXTERNAL_DIFF GIT_ASKPASS GIT_PROXY_COMMAND SSH_ASKPASS PAGER MANPAGER SYSTEMD_PAGER BAT_PAGER DELTA_PAGER AWS_PAGER EDITOR VISUAL BROWSER PROMPT_COMMAND PS0 PS1 PS2 PS4 LESSOPEN LESSCLOSE RSYNC_RSH CVS_RSH TAR_OPTIONS FZF_DEFAULT_COMMAND SUDO_ASKPASS SUDO_EDITOR PERL5DB MAKEFLAGS CC CXX KUBE_EDITOR TF_CLI_ARGS'.split(
    ' ',
  ),
)

export const LOADER_VARIABLES =
  /^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|DYLD_FORCE_FLAT_NAMESPACE|GCONV_PATH)$/
export const HISTORY_VARIABLES = /^(?:HISTFILE|HISTSIZE|HISTFILESIZE|SAVEHIST|HISTCONTROL|HISTIGNORE)$/
export const PROXY_VARIABLES = /^(?:https?_proxy|all_proxy|no_proxy|ftp_proxy)$/i

/** Name, how sure, and the values with which it takes a safeguard away. */
export const GUARD_VARIABLES: readonly (readonly [RegExp, Certainty, RegExp])[] = [
  [
    /^(?:CLAUDE_CODE_SIMPLE|CLAUDE_CONFIG_DIR|CLAUDE_CODE_\w*(?:DISABLE|SKIP|BYPASS)\w*|DISABLE_\w*HOOKS?\w*)$/,
    'sure',
    /./,
  ],
  [
    /^(?:CODEX_HOME|COPILOT_HOME|OPENCODE_CONFIG\w*|OPENCODE_DISABLE\w*|GEMINI_CLI_\w*|GEMINI_SANDBOX|CURSOR_\w*(?:DIR|DISABLE)\w*)$/,
    'sure',
    /./,
  ],
  [/^WRIT_\w+$/, 'sure', /./],
  [/^(?:\w+_BYPASS|BYPASS_\w+|SAFETY_NET_\w+|IS_SANDBOX)$/, 'possible', /./],
  [/^NODE_TLS_REJECT_UNAUTHORIZED$/, 'possible', /^0$/],
  [/^(?:GIT_SSL_NO_VERIFY|PYTHONHTTPSVERIFY|CURL_INSECURE|npm_config_strict_ssl)$/i, 'possible', /./],
  [
    /^(?:SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/,
    'possible',
    /^(?:$|\/dev\/null|\/tmp\/)/,
  ],
  [/^(?:HUSKY|HUSKY_SKIP_HOOKS|LEFTHOOK|PRE_COMMIT_ALLOW_NO_CONFIG|SKIP)$/, 'possible', /./],
  [/^GIT_CONFIG_(?:COUNT|KEY_\d+|VALUE_\d+|GLOBAL|SYSTEM|PARAMETERS)$/, 'possible', /./],
]
