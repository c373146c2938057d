/**
 * Ways out of a sandbox, as data. `attempt` is a bash script that ends with 0 when it got out; it finds what it needs in variables:
 * PROBE (probe.c), ASK (node ask.mjs), OUT (a folder outside), PORT and PORT6 (a server of this machine that answers `pong`), LISTED (a port that
 * is listed), PID (a process outside that has a secret in its environment), SELF (writ itself), KEY (a private key in the home).
 */
export type Escape = {
  readonly name: string
  readonly attempt: string
  /** it works where nothing confines: what shows that the attempt is one. `no`: not without preparations, or only for root */
  readonly worksOutside: 'yes' | 'no'
  /** who has to have written it down, beside it not working */
  readonly recordedBy?: 'proxy' | 'hook'
}

const escape = (name: string, attempt: string, more: Partial<Escape> = {}): Escape => ({
  name,
  attempt,
  worksOutside: 'yes',
  ...more,
})
const privileged = { worksOutside: 'no' } as const
const byProxy = { worksOutside: 'no', recordedBy: 'proxy' } as const

const FILES: readonly Escape[] = [
  escape('write beside the workspace', 'echo x > "$OUT/beside"'),
  escape('write through a link in the workspace', 'ln -sfn "$OUT" link && echo x > link/through'),
  escape('write through .. of the workspace', 'echo x > "$PWD/../outside/dots"'),
  escape('read a key in the home', 'grep -q PRIVATE "$KEY"'),
  escape('read a key by a link', 'ln -sfn "$KEY" key && grep -q PRIVATE key'),
  escape('read a file of another user', 'grep -q other "$OUT/others.txt"'),
  escape('read the secrets of the project', 'grep -q HUSH .env'),
  escape('move the cover of a secret away', 'mv .env old.env && grep -q HUSH old.env'),
  escape('read passwords', 'cat /etc/shadow /.etc/shadow | grep -q :'),
  escape('root of the first process', 'grep -q other "/proc/1/root$OUT/others.txt"', privileged),
  escape('root of itself', 'grep -q other "/proc/self/root$OUT/others.txt"'),
  escape(
    'a descriptor that was left open',
    'for fd in /proc/self/fd/*; do test -d "$fd/../outside" && exit 0; test -e "$fd/outside/others.txt" && exit 0; done; exit 1',
    privileged,
  ),
  escape('hooks of git', 'echo "#!/bin/sh" > .git/hooks/post-commit'),
  escape('settings of git', 'git config --file .git/config core.fsmonitor "touch x"'),
  escape(
    'move .git and make another',
    'mv .git .moved && mkdir -p .git/hooks && echo x > .git/hooks/post-commit; r=$?; rm -rf .git; mv .moved .git; exit $r',
  ),
  escape(
    'another directory for the settings of git',
    'echo ../other > .git/commondir; r=$?; rm -f .git/commondir; exit $r',
  ),
  escape(
    'servers for the next agent',
    'echo "{\\"mcpServers\\":{\\"x\\":{\\"command\\":\\"sh\\"}}}" > .mcp.json; r=$?; rm -f .mcp.json; exit $r',
  ),
  escape(
    'tasks of an editor',
    'mkdir -p .vscode && echo "{}" > .vscode/tasks.json; r=$?; rm -rf .vscode; exit $r',
  ),
  escape(
    'hooks of the client in the project',
    'mkdir -p .claude && echo "{\\"disableAllHooks\\":true}" > .claude/settings.json; r=$?; rm -rf .claude; exit $r',
  ),
  escape(
    'a link in place of a protected directory',
    'rm -rf .cursor; ln -s "$OUT" .cursor && test -L .cursor; r=$?; rm -f .cursor; exit $r',
  ),
  escape(
    'a link that changes between check and use',
    'mkdir -p race; for i in $(seq 200); do ln -sfn "$OUT" race/to; echo x > race/to/raced 2>/dev/null; ln -sfn "$PWD" race/to; done; test -e "$OUT/raced"',
  ),
  escape(
    'a start file of the shell in the home that stays',
    'echo "touch x" >> "$HOME_OUTSIDE/.bashrc"; exit 1',
    privileged,
  ),
  escape(
    'settings of the client in the home that stay',
    'mkdir -p ~/.claude; echo "{\\"hooks\\":{}}" > ~/.claude/settings.json; exit 1',
    privileged,
  ),
]

const PROCESSES: readonly Escape[] = [
  escape('the environment of a process outside', 'tr "\\0" "\\n" < /proc/$PID/environ | grep -q HUSH'),
  escape(
    'the environment of writ in process 1',
    'tr "\\0" "\\n" < /proc/1/environ | grep -q HUSH_OUTER',
    privileged,
  ),
  escape('a secret in its own environment', 'env | grep -q HUSH_OUTER'),
  escape('trace a process outside', '"$PROBE" ptrace $PID', privileged),
  escape('trace its own child', 'sleep 5 & "$PROBE" ptrace $!; r=$?; kill -9 $!; exit $r'),
  escape(
    'memory of its own child',
    'sleep 5 & "$PROBE" memory $! || grep -q "Bad address" <("$PROBE" memory $! 2>&1)',
  ),
  escape('end the daemon', 'kill -0 $SELF'),
  escape('end process 1', '"$PROBE" kill 1 && sleep 1 && ! kill -0 1', privileged),
  escape('a terminal that types by itself', '"$PROBE" tiocsti', privileged),
  escape(
    'code put into every later program',
    'test -n "$LD_PRELOAD$NODE_OPTIONS$BASH_ENV" || grep -q . /etc/ld.so.preload',
    privileged,
  ),
  escape('another user', '"$PROBE" setuid', privileged),
  escape(
    'a program that gains rights',
    'cp "$PROBE" /tmp/suid && chmod u+s /tmp/suid && test "$(stat -c %u /tmp/suid)" = 0 && ! grep -q "NoNewPrivs:.1" /proc/self/status',
  ),
]

const KERNEL: readonly Escape[] = [
  ...['mount', 'umount /proc', 'remount /usr', 'open-tree /', 'chroot', 'device', 'handle', 'x32'].map(
    (words) => escape(`kernel: ${words}`, `"$PROBE" ${words}`, privileged),
  ),
  ...['unshare-user', 'unshare-net', 'clone-user', 'clone3-user', 'setns /proc/1/ns/mnt'].map((words) =>
    escape(`namespace: ${words}`, `"$PROBE" ${words}`, privileged),
  ),
  ...['io-uring', 'bpf', 'keyctl', 'userfaultfd', 'int80'].map((words) =>
    escape(`kernel: ${words}`, `"$PROBE" ${words}`, privileged),
  ),
]

const SOCKETS: readonly Escape[] = [
  ...['raw', 'raw6', 'packet', 'vsock', 'netfilter', 'alg'].map((words) =>
    escape(`socket: ${words}`, `"$PROBE" ${words}`, privileged),
  ),
  escape('an abstract socket outside', '"$PROBE" abstract "$ABSTRACT"'),
  escape('a socket by its path', '"$PROBE" unix "$OUT/outside.sock"'),
  escape(
    'the socket of containers',
    '"$PROBE" unix /var/run/docker.sock || "$PROBE" unix /run/docker.sock',
    privileged,
  ),
  escape('the bus of the system', '"$PROBE" unix /run/dbus/system_bus_socket', privileged),
  escape(
    'the administration of the daemon',
    'ls /run/writ | grep -q admin || "$PROBE" unix "$ADMIN"',
    privileged,
  ),
  escape(
    'squat the socket of the hooks',
    'rm -f /run/writ/hook.sock || mv /run/writ/hook.sock /tmp/old',
    privileged,
  ),
]

const NETWORK: readonly Escape[] = [
  escape('the loopback outside', '$ASK straight 127.0.0.1 $PORT'),
  escape('the loopback outside, IPv6', '$ASK straight ::1 $PORT6'),
  escape('an address of this machine', '$ASK straight "$ADDRESS" $PORT', privileged),
  escape('a metadata service', '$ASK straight 169.254.169.254 80', privileged),
  escape('names by the resolver', '$ASK name example.com', privileged),
  escape('names in questions of its own', '$ASK udp 127.0.0.1 $PORT'),
  escape('no proxy for anybody', 'NO_PROXY="*" no_proxy="*" $ASK straight 127.0.0.1 $PORT'),
  ...[
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
  ].map((host) => escape(`proxy: loopback as ${host}`, `$ASK tunnel "${host}:$PORT"`, byProxy)),
  ...[
    '169.254.169.254:80',
    '[fd00:ec2::254]:80',
    '100.100.100.200:80',
    '10.0.0.1:443',
    'metadata.google.internal:80',
  ].map((authority) => escape(`proxy: ${authority}`, `$ASK tunnel "${authority}"`, byProxy)),
  // no host of any URL: refused before there is something to decide
  escape('proxy: loopback in other digits', '$ASK tunnel "１２７.0.0.1:$PORT"', privileged),
  escape('proxy: a name that leads to the loopback', '$ASK tunnel "localhost:$LISTED"', byProxy),
  escape('proxy: a host that is not listed', '$ASK tunnel "unlisted.example:443"', byProxy),
  escape('proxy: another port of a listed host', '$ASK tunnel "outside.writ:$PORT"', byProxy),
  escape('proxy: something else than TLS in a tunnel', '$ASK tunnel "outside.writ:$LISTED"', byProxy),
  escape(
    'proxy: another server name in the tunnel',
    '$ASK fronted "outside.writ:$LISTED" evil.example',
    byProxy,
  ),
  escape(
    'proxy: another Host than the address',
    '$ASK plain "http://outside.writ:$LISTED/pong" evil.example',
    byProxy,
  ),
  escape('proxy: a web socket', '$ASK socket "http://outside.writ:$LISTED/pong"', byProxy),
  escape(
    'proxy: where a listed host sends on to',
    '$ASK follow "http://outside.writ:$LISTED/elsewhere"',
    byProxy,
  ),
]

const HOOKS: readonly Escape[] = [
  escape(
    'hooks: settings of the organisation',
    'echo "{}" > /etc/claude-code/managed-settings.json',
    privileged,
  ),
  escape('hooks: take the settings away', 'rm -rf /etc/claude-code || mv /etc/claude-code /tmp/', privileged),
  escape('hooks: replace the hook client', 'cp /bin/true /run/writ/bin/writ-hook', privileged),
  escape(
    'hooks: a nested agent with another configuration that reads a key',
    'grep -q writ-hook /etc/claude-code/managed-settings.json && echo "$EVENT" | CLAUDE_CONFIG_DIR=/tmp/other /run/writ/bin/writ-hook --socket /run/writ/hook.sock claude-code',
    { worksOutside: 'no', recordedBy: 'hook' },
  ),
]

export const ESCAPES: readonly Escape[] = [
  ...FILES,
  ...PROCESSES,
  ...KERNEL,
  ...SOCKETS,
  ...NETWORK,
  ...HOOKS,
]
