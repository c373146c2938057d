/** Places that say something by their name alone; all are matched on lower-case paths with the home directory written `~`. */

/** Holds secrets: whole directories and single files. */
export const SECRET_PLACES: readonly RegExp[] = [
  /(?:^|\/)\.env(?:\.[\w-]+)*$/,
  /(?:^|\/)\.ssh(?:\/(?!.*\.pub$|known_hosts|config$|config\.d|authorized_keys|sockets?\/).*)?$/,
  /(?:^|\/)\.(?:gnupg|password-store|oci|vault|sops|age)(?:\/.*)?$/,
  /(?:^|\/)\.aws(?:\/(?!config$).*)?$/,
  /(?:^|\/)\.azure(?:\/.*)?$/,
  /(?:^|\/)\.kube(?:\/(?!cache|http-cache).*)?$/,
  /(?:^|\/)\.docker\/config\.json$/,
  /(?:^|\/)\.config\/(?:gcloud|op|1password|rclone|hub|doctl|keybase|solana|sops|helm|heroku|configstore|google-chrome|chromium|bravesoftware)(?:\/.*)?$/,
  /(?:^|\/)\.config\/(?:gh\/hosts\.yml|git\/credentials|github-copilot\/(?:hosts|apps)\.json|composer\/auth\.json)$/,
  /(?:^|\/)[._](?:netrc|npmrc|yarnrc\.yml|pypirc|pgpass|my\.cnf|mylogin\.cnf|git-credentials|vault-token|dockercfg|boto|s3cfg|databrickscfg|terraformrc|htpasswd|credentials|secrets?)(?:\.(?:json|ya?ml|toml|env))?$/,
  /(?:^|\/)\.(?:cargo|gem|terraform\.d)\/credentials(?:\.[\w.]+)?$/,
  /(?:^|\/)\.m2\/settings(?:-security)?\.xml$/,
  /(?:^|\/)\.gradle\/gradle\.properties$/,
  /(?:^|\/)\.(?:composer\/auth|vercel\/auth|fly\/config|netlify\/config|railway\/config|snowsql\/config)\.?\w*$/,
  /(?:^|\/)\.(?:bash|zsh|sh|python|node_repl|psql|mysql|sqlite|rediscli|irb|ksh|mongo)_?history$/,
  /(?:^|\/)(?:fish_history|\.local\/share\/fish\/fish_history)$/,
  /(?:^|\/)\.claude(?:\/\.credentials\.json|\.json)$/,
  /(?:^|\/)\.codex\/auth\.json$/,
  /(?:^|\/)\.writ(?:\/(?!(?:bin|[\w-]+-bin|sandbox|logs?|records)(?:\/|$)).*)?$/,
  /(?:^|\/)\.gemini\/(?:oauth_creds|google_accounts)\.json$/,
  /(?:^|\/)\.local\/share\/(?:opencode\/auth\.json|keyrings(?:\/.*)?|com\.vercel\.cli\/.*)$/,
  /(?:^|\/)(?:library\/keychains|appdata\/(?:roaming|local)\/microsoft\/(?:credentials|protect))(?:\/.*)?$/,
  /(?:^|\/)(?:login data|cookies|web data|local state|logins\.json|key[34]\.db|cookies\.sqlite|signons\.sqlite)$/,
  /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:[._-](?!pub$|test$)[\w-]+)?$/,
  /(?:^|\/)(?:[\w.-]*(?:priv|private|secret|server|client|tls|ssl|ca|signing|deploy|ec2|aws|prod)[\w.-]*\.pem|[\w.-]+\.(?:p12|pfx|jks|keystore|kdbx|ppk|ovpn|keytab|key|tfvars))$/,
  /(?:^|\/)(?:service[-_]?account|client[-_]secrets?|credentials|application_default_credentials|adminsdk|gcp[-_]key)[\w-]*\.json$/,
  /(?:^|\/)(?:secrets?|credentials)\.(?:ya?ml|json|toml|env|txt|ini)$/,
  /(?:^|\/)(?:terraform\.tfstate(?:\.backup)?|wallet\.dat|wp-config\.php|master\.key|auth\.json|\.dockerconfigjson)$/,
  /^\/etc\/(?:g?shadow-?|sudoers(?:\.d.*)?|master\.passwd|krb5\.keytab|ssl\/private.*|ssh\/ssh_host_\w+_key|kubernetes\/.*|wireguard\/.*)$/,
  /^\/(?:var\/)?run\/secrets(?:\/.*)?$/,
  /^\/proc\/(?:[^/]+)\/(?:environ|mem|maps)$/,
  /^\/dev\/(?:mem|kmem)$/,
]

/** By convention these hold nothing: samples, public halves, and what stands under tests of a workspace. */
export const HARMLESS_NAMES =
  /(?:\.(?:example|sample|template|tmpl|tpl|dist|defaults?|schema|pub|md)|\.env\.(?:test|ci)|\.env\.[\w-]+\.(?:example|sample|template))$/
export const HARMLESS_FOLDERS =
  /(?:^|\/)(?:tests?|__tests__|__fixtures__|fixtures?|examples?|testdata|specs?|docs?|samples?|mocks?|node_modules)\//

/** What a search below a directory, or a glob, would come by. */
export const SECRET_EXAMPLES: readonly string[] = [
  '~/.ssh/id_rsa',
  '~/.ssh/id_ed25519',
  '~/.aws/credentials',
  '~/.netrc',
  '~/.npmrc',
  '~/.pypirc',
  '~/.pgpass',
  '~/.git-credentials',
  '~/.kube/config',
  '~/.docker/config.json',
  '~/.config/gcloud/credentials.db',
  '~/.config/gh/hosts.yml',
  '~/.gnupg/secring.gpg',
  '~/.claude/.credentials.json',
  '~/.codex/auth.json',
  '~/.writ/profiles/default/key.pem',
  '~/.bash_history',
  '~/.zsh_history',
  '~/.vault-token',
  '~/.cargo/credentials.toml',
  '~/.env',
  './.env',
  './.env.local',
  './.env.production',
  '/root/.ssh/id_rsa',
  '/etc/shadow',
  '/etc/sudoers',
  '/proc/self/environ',
  '/proc/1/environ',
]

/** Decides what an agent may do, or who watches it. */
export const GUARD_PLACES: readonly RegExp[] = [
  /(?:^|\/)\.claude(?:\.json|\/?$|\/(?:settings[\w.-]*\.json|hooks|plugins|managed|agents|remote-settings|policy)(?:\/.*|\.json)?)$/,
  /(?:^|\/)\.(?:cursor|windsurf)(?:\/?$|\/(?:hooks|mcp|cli|permissions|sandbox)[\w.-]*(?:\/.*)?)$/,
  /(?:^|\/)\.codex(?:\/?$|\/(?:config|hooks|requirements|rules|auth|managed_config)[\w.-]*(?:\/.*)?)$/,
  /(?:^|\/)\.gemini(?:\/?$|\/(?:settings|policies|extensions|hooks|trustedfolders)[\w.-]*(?:\/.*)?)$/,
  /(?:^|\/)\.copilot(?:\/?$|\/(?:hooks|settings|config|mcp-config|policy)[\w.-]*(?:\/.*)?)$/,
  /(?:^|\/)\.github\/(?:hooks|copilot)(?:\/.*)?$/,
  /(?:^|\/)\.codeium(?:\/windsurf)?(?:\/(?:hooks|mcp_config)[\w.-]*)?$/,
  /(?:^|\/)\.(?:config\/)?opencode(?:\/?$|\/(?:plugins?|opencode|config)[\w.-]*(?:\/.*)?)$/,
  /(?:^|\/)opencode\.jsonc?$/,
  /(?:^|\/)\.(?:kiro|augment|factory|qwen|cline|continue|aider)(?:\/(?:settings|hooks|config)[\w.-]*(?:\/.*)?)?$/,
  /^\/etc\/(?:claude-code|codex|gemini-cli|cursor|windsurf|opencode|github-copilot|augment|writ)(?:\/.*)?$/,
  /\/(?:application support|programdata|program files)\/(?:claudecode|cursor|geminicli|windsurf|opencode|gemini-cli|github\/copilot|writ)(?:\/.*)?$/,
  /(?:^|\/)\.?writ(?:\/.*)?$/,
  /(?:^|\/)writ[-_](?:hook|daemon|proxy|run)[\w.-]*$/,
  /(?:^|\/)writ[\w-]*\.(?:sock|service|plist|pid|json|toml|ya?ml)$/,
  /(?:^|\/)(?:library\/launch(?:agents|daemons)|systemd\/(?:user|system))\/[\w.-]*writ[\w.-]*$/,
  /(?:^|\/)(?:\.mcp|managed-settings|managed-mcp|mcp-config|mcp_settings|cline_mcp_settings|claude_desktop_config)\.json$/,
  /(?:^|\/)\.(?:vscode|roo|kiro\/settings|amazonq|idea|zed|gemini|junie\/mcp)\/(?:mcp|default-mcp)\.json$/,
]

/** Runs by itself, later or elsewhere. The second list is ordinary in a workspace and is asked about. */
export const PERSISTENCE_PLACES: readonly RegExp[] = [
  /(?:^|\/)\.(?:bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zshenv|zprofile|zlogin|zlogout|kshrc|cshrc|tcshrc|login|inputrc|xinitrc|xsession|xprofile|pam_environment|vimrc|gvimrc|exrc|emacs|tmux\.conf|screenrc|gdbinit|lldbinit|irbrc|pryrc|pythonrc|psqlrc|sqliterc|curlrc|wgetrc|gitconfig|envrc|direnvrc)$/,
  /(?:^|\/)\.config\/(?:fish|autostart|systemd|environment\.d|nvim|git|direnv|i3|hypr|sway)(?:\/.*)?$/,
  /(?:^|\/)\.local\/share\/(?:systemd|applications|dbus-1)(?:\/.*)?$/,
  /(?:^|\/)\.(?:vim|emacs\.d|oh-my-zsh)(?:\/.*)?$/,
  /(?:^|\/)\.git\/(?:hooks(?:\/.*)?|config|modules\/.*\/hooks\/.*|info\/attributes)$/,
  /(?:^|\/)\.ssh\/(?:authorized_keys2?|config|rc|environment)$/,
  /(?:^|\/)\.ssh$/,
  /(?:^|\/)library\/(?:launchagents|launchdaemons|startupitems|loginitems)(?:\/.*)?$/,
  /^\/(?:etc|var\/spool|usr\/lib|lib|var\/at)\/(?:cron[\w./-]*|anacrontab|at\.allow|systemd|init\.d|init|rc[\w./-]*|profile[\w./-]*|bash\.bashrc|bashrc|zsh|zshrc|zshenv|environment|ld\.so[\w./-]*|pam\.d|xdg\/autostart|udev|modprobe\.d|modules|skel|update-motd\.d|apt\/apt\.conf\.d|sudoers[\w./-]*|hosts|resolv\.conf|passwd|group|shadow|ssh|tabs|periodic|emond\.d)(?:\/.*)?$/,
  /(?:^|\/)(?:sitecustomize|usercustomize)\.py$/,
  /(?:^|\/)site-packages\/[\w.-]+\.pth$/,
  /\/start menu\/programs\/startup(?:\/.*)?$/,
]
export const ORDINARY_PERSISTENCE: readonly RegExp[] = [
  /(?:^|\/)\.vscode\/(?:tasks|launch|settings)\.json$/,
  /(?:^|\/)\.idea\/.*\.xml$/,
  /(?:^|\/)\.github\/(?:workflows|actions)\/.+$/,
  /(?:^|\/)(?:\.gitlab-ci\.ya?ml|jenkinsfile|\.travis\.yml|azure-pipelines\.yml|\.drone\.yml|bitbucket-pipelines\.yml|\.circleci\/.+)$/,
  /(?:^|\/)\.(?:husky|githooks)\/.+$/,
  /(?:^|\/)(?:\.pre-commit-config\.yaml|lefthook\.yml|conftest\.py)$/,
  /(?:^|\/)\.devcontainer\/.+$/,
  /^~\/(?:\.local\/bin|bin)\/.+$/,
  /^~\/\.(?:npmrc|yarnrc|pip\/.*|config\/pip\/.*|cargo\/config(?:\.toml)?)$/,
]

/** Packages as they were resolved: an edit here is an install. */
export const LOCK_FILES =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|cargo\.lock|go\.sum|gemfile\.lock|composer\.lock|packages\.lock\.json)$/

/** Logs and histories: emptying them hides what was done. */
export const LOG_PLACES =
  /^(?:\/var\/(?:log|account|run\/utmp)(?:\/.*)?|\/run\/log(?:\/.*)?|(?:~|\/root)\/\.\w+_?history|.*\/\.?(?:bash|zsh|fish)_history)$/

/** Block devices and kernel switches. */
export const DEVICES =
  /^(?:\/dev\/(?:sd|hd|vd|xvd|nvme|disk|rdisk|mmcblk|md|dm-|mapper\/|loop|sr|mem|kmem|port)|\/proc\/(?:sysrq-trigger|sys\/)|\/sys\/(?:firmware|kernel|block))/

/** Throwing output away, terminals, standard streams. */
export const NO_FILES =
  /^\/dev\/(?:null|zero|stdout|stderr|stdin|tty\d*|full|u?random|ptmx|pts\/\d+|fd(?:\/\w+)?)$/
