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
  /** what has to be on record of it, beside it not working */
  readonly leaves: Leaves
}

/**
 * `action`: method and resource of its record; variables are filled in, `*` stands for anything. `kernel`: refused by the kernel, told by
 * the bridge. `nothing`: nothing was refused, so there is nothing to record, and why that is no way out.
 */
export type Leaves =
  | { readonly by: 'kernel' | 'proxy' | 'hook'; readonly action: string }
  | { readonly by: 'nothing'; readonly why: string }

const escape = (name: string, attempt: string, leaves: Leaves, more: Partial<Escape> = {}): Escape => ({
  name,
  attempt,
  leaves,
  worksOutside: 'yes',
  ...more,
})
const privileged = { worksOutside: 'no' } as const

const reads = (path: string): Leaves => ({ by: 'kernel', action: `hook/file.read ${path}` })
const writes = (path: string): Leaves => ({ by: 'kernel', action: `hook/file.write ${path}` })
const deletes = (path: string): Leaves => ({ by: 'kernel', action: `hook/file.delete ${path}` })
const calls = (call: string): Leaves => ({ by: 'kernel', action: `hook/kernel.call ${call}` })
const connects = (host: string): Leaves => ({ by: 'kernel', action: `hook/network.connect ${host}` })
const byProxy = (host: string): Leaves => ({ by: 'proxy', action: `hook/network.connect ${host}` })
const nothing = (why: string): Leaves => ({ by: 'nothing', why })

/** First: a number of a process that is higher than all inside is one of the machine. */
const PROCESSES: readonly Escape[] = [
  escape('end the daemon', 'kill -0 $SELF', calls('kill $SELF')),
  escape(
    'the environment of a process outside',
    'tr "\\0" "\\n" < /proc/$PID/environ | grep -q HUSH',
    reads('/proc/$PID/environ'),
  ),
  escape(
    'the environment of writ in process 1',
    'tr "\\0" "\\n" < /proc/1/environ | grep -q HUSH_OUTER',
    reads('/proc/1/environ'),
    privileged,
  ),
  escape(
    'a secret in its own environment',
    'env | grep -q HUSH_OUTER',
    nothing('its own environment is its own to read; the secret is not in it'),
  ),
  escape('trace a process outside', '"$PROBE" ptrace $PID', calls('ptrace'), privileged),
  escape('trace its own child', 'sleep 5 & "$PROBE" ptrace $!; r=$?; kill -9 $!; exit $r', calls('ptrace')),
  escape(
    'memory of its own child',
    'sleep 5 & "$PROBE" memory $! || grep -q "Bad address" <("$PROBE" memory $! 2>&1)',
    calls('process_vm_readv'),
  ),
  escape('end process 1', '"$PROBE" kill 1 && sleep 1 && ! kill -0 1', calls('kill 1'), privileged),
  escape('a terminal that types by itself', '"$PROBE" tiocsti', calls('ioctl 5412'), privileged),
  escape(
    'code put into every later program',
    'echo "$PWD/any.so" > /etc/ld.so.preload',
    writes('*etc/ld.so.preload'),
    privileged,
  ),
  escape('another user', '"$PROBE" setuid', calls('setuid *'), privileged),
  escape('a process that nobody can look into', '"$PROBE" closed "$KEY"', calls('prctl')),
  escape(
    'a program that nobody can look into',
    'cp "$(command -v cat)" /tmp/closed && chmod 111 /tmp/closed && /tmp/closed "$KEY" | grep -q PRIVATE',
    calls('open* closed'),
    privileged,
  ),
  escape(
    'a program that gains rights',
    'cp "$PROBE" /tmp/suid && chmod u+s /tmp/suid && test "$(stat -c %u /tmp/suid)" = 0 && ! grep -q "NoNewPrivs:.1" /proc/self/status',
    nothing('the bit may be set, and means nothing where no program gains rights'),
  ),
]

const FILES: readonly Escape[] = [
  escape('write beside the workspace', 'echo x > "$OUT/beside"', writes('$OUT/beside')),
  escape(
    'write through a link in the workspace',
    'ln -sfn "$OUT" link && echo x > link/through',
    writes('$OUT/through'),
  ),
  escape('write through .. of the workspace', 'echo x > "$PWD/../outside/dots"', writes('$OUT/dots')),
  escape('read a key in the home', 'grep -q PRIVATE "$KEY"', reads('$KEY')),
  escape('read a key by a link', 'ln -sfn "$KEY" key && grep -q PRIVATE key', reads('$KEY')),
  escape('read a file of another user', 'grep -q other "$OUT/others.txt"', reads('$OUT/others.txt')),
  escape('read the secrets of the project', 'grep -q HUSH .env', reads('$WS/.env')),
  escape('move the cover of a secret away', 'mv .env old.env && grep -q HUSH old.env', deletes('$WS/.env')),
  escape('read passwords', 'cat /etc/shadow /.etc/shadow | grep -q :', reads('/etc/shadow')),
  escape(
    'root of the first process',
    'grep -q other "/proc/1/root$OUT/others.txt"',
    reads('/proc/1/root$OUT/others.txt'),
    privileged,
  ),
  escape('root of itself', 'grep -q other "/proc/self/root$OUT/others.txt"', reads('$OUT/others.txt')),
  escape(
    'a descriptor that was left open',
    'for fd in /proc/self/fd/*; do test -d "$fd/../outside" && exit 0; test -e "$fd/outside/others.txt" && exit 0; done; exit 1',
    nothing('none was left open that leads anywhere'),
    privileged,
  ),
  escape('hooks of git', 'echo "#!/bin/sh" > .git/hooks/post-commit', writes('$WS/.git/hooks/post-commit')),
  escape(
    'settings of git',
    'git config --file .git/config core.fsmonitor "touch x"',
    writes('$WS/.git/config'),
  ),
  escape(
    'move .git and make another',
    'mv .git .moved && mkdir -p .git/hooks && echo x > .git/hooks/post-commit; r=$?; rm -rf .git; mv .moved .git; exit $r',
    deletes('$WS/.git'),
  ),
  escape(
    'another directory for the settings of git',
    'echo ../other > .git/commondir; r=$?; rm -f .git/commondir; exit $r',
    writes('$WS/.git/commondir'),
  ),
  escape(
    'servers for the next agent',
    'echo "{\\"mcpServers\\":{\\"x\\":{\\"command\\":\\"sh\\"}}}" > .mcp.json; r=$?; rm -f .mcp.json; exit $r',
    writes('$WS/.mcp.json'),
  ),
  escape(
    'tasks of an editor',
    'mkdir -p .vscode && echo "{}" > .vscode/tasks.json; r=$?; rm -rf .vscode; exit $r',
    writes('$WS/.vscode/tasks.json'),
  ),
  escape(
    'hooks of the client in the project',
    'mkdir -p .claude && echo "{\\"disableAllHooks\\":true}" > .claude/settings.json; r=$?; rm -rf .claude; exit $r',
    writes('$WS/.claude/settings.json'),
  ),
  escape(
    'a link in place of a protected directory',
    'rm -rf .cursor; ln -s "$OUT" .cursor && test -L .cursor; r=$?; rm -f .cursor; exit $r',
    deletes('$WS/.cursor'),
  ),
  escape(
    'a link that changes between check and use',
    'mkdir -p race; for i in $(seq 200); do ln -sfn "$OUT" race/to; echo x > race/to/raced 2>/dev/null; ln -sfn "$PWD" race/to; done; test -e "$OUT/raced"',
    writes('$OUT/raced'),
  ),
  escape(
    'a start file of the shell in the home that stays',
    'echo "touch x" >> "$HOME_OUTSIDE/.bashrc"; exit 1',
    nothing('it is written, in a home that is thrown away'),
    privileged,
  ),
  escape(
    'settings of the client in the home that stay',
    'mkdir -p ~/.claude; echo "{\\"hooks\\":{}}" > ~/.claude/settings.json; exit 1',
    nothing('they are written, in a home that is thrown away'),
    privileged,
  ),
]

const probes = (kind: string, attempts: Readonly<Record<string, Leaves>>): readonly Escape[] =>
  Object.entries(attempts).map(([words, leaves]) =>
    escape(`${kind}: ${words}`, `"$PROBE" ${words}`, leaves, privileged),
  )

const KERNEL: readonly Escape[] = [
  ...probes('kernel', {
    mount: calls('mount'),
    'umount /proc': calls('umount2'),
    'remount /usr': calls('mount'),
    'open-tree /': calls('open_tree'),
    chroot: calls('chroot'),
    device: calls('mknod*'),
    handle: calls('open_by_handle_at'),
    x32: calls('a call x32'),
  }),
  ...probes('namespace', {
    'unshare-user': calls('unshare'),
    'unshare-net': calls('unshare'),
    'clone-user': calls('clone'),
    'clone3-user': calls('clone3'),
    'setns /proc/1/ns/mnt': reads('/proc/1/ns/mnt'),
  }),
  ...probes('kernel', {
    'io-uring': calls('io_uring_setup'),
    bpf: calls('bpf'),
    keyctl: calls('keyctl'),
    userfaultfd: calls('userfaultfd'),
    int80: calls('a call 32-bit'),
  }),
]

const SOCKETS: readonly Escape[] = [
  ...probes('socket', {
    raw: calls('socket 2/3'),
    raw6: calls('socket 10/3'),
    packet: calls('socket 17/3'),
    vsock: calls('socket 40/1'),
    netfilter: calls('socket 16/3'),
    alg: calls('socket 38/5'),
  }),
  escape('an abstract socket outside', '"$PROBE" abstract "$ABSTRACT"', calls('connect $ABSTRACT')),
  escape('a socket by its path', '"$PROBE" unix "$OUT/outside.sock"', calls('connect $OUT/outside.sock')),
  escape(
    'the socket of containers',
    '"$PROBE" unix /var/run/docker.sock || "$PROBE" unix /run/docker.sock',
    calls('connect /run/docker.sock'),
    privileged,
  ),
  escape(
    'the bus of the system',
    '"$PROBE" unix /run/dbus/system_bus_socket',
    calls('connect /run/dbus/system_bus_socket'),
    privileged,
  ),
  escape(
    'the administration of the daemon',
    'ls /run/writ | grep -q admin || "$PROBE" unix "$ADMIN"',
    calls('connect $ADMIN'),
    privileged,
  ),
  escape(
    'squat the socket of the hooks',
    'rm -f /run/writ/hook.sock || mv /run/writ/hook.sock /tmp/old',
    deletes('/run/writ/hook.sock'),
    privileged,
  ),
]

const tunnel = (name: string, authority: string, recorded: string): Escape =>
  escape(`proxy: ${name}`, `$ASK tunnel "${authority}"`, byProxy(recorded), privileged)

const NETWORK: readonly Escape[] = [
  escape('the loopback outside', '$ASK straight 127.0.0.1 $PORT', connects('127.0.0.1:$PORT')),
  escape('the loopback outside, IPv6', '$ASK straight ::1 $PORT6', connects('::1:$PORT6')),
  escape(
    'an address of this machine',
    '$ASK straight "$ADDRESS" $PORT',
    connects('$ADDRESS:$PORT'),
    privileged,
  ),
  escape(
    'a metadata service',
    '$ASK straight 169.254.169.254 80',
    connects('169.254.169.254:80'),
    privileged,
  ),
  escape('names by the resolver', '$ASK name example.com', connects('*:53'), privileged),
  escape('names in questions of its own', '$ASK udp 127.0.0.1 $PORT', connects('127.0.0.1:$PORT')),
  escape(
    'no proxy for anybody',
    'NO_PROXY="*" no_proxy="*" $ASK straight 127.0.0.1 $PORT',
    connects('127.0.0.1:$PORT'),
  ),
  ...['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.1'].map((host) =>
    tunnel(`loopback as ${host}`, `${host}:$PORT`, '127.0.0.1:$PORT'),
  ),
  tunnel('loopback as [::1]', '[::1]:$PORT', '::1:$PORT'),
  tunnel('loopback as [::ffff:127.0.0.1]', '[::ffff:127.0.0.1]:$PORT', '::ffff:7f00:1:$PORT'),
  tunnel('loopback as 0.0.0.0', '0.0.0.0:$PORT', '0.0.0.0:$PORT'),
  ...['169.254.169.254:80', '100.100.100.200:80', '10.0.0.1:443', 'metadata.google.internal:80'].map(
    (authority) => tunnel(authority, authority, authority),
  ),
  tunnel('[fd00:ec2::254]:80', '[fd00:ec2::254]:80', 'fd00:ec2::254:80'),
  // no host of any URL: refused before there is something to decide
  tunnel('loopback in other digits', '１２７.0.0.1:$PORT', '１２７.0.0.1:$PORT:0'),
  tunnel('a name that leads to the loopback', 'localhost:$LISTED', 'localhost:$LISTED'),
  tunnel('a host that is not listed', 'unlisted.example:443', 'unlisted.example:443'),
  tunnel('another port of a listed host', 'outside.writ:$PORT', 'outside.writ:$PORT'),
  tunnel('something else than TLS in a tunnel', 'outside.writ:$LISTED', 'outside.writ:$LISTED'),
  escape(
    'proxy: another server name in the tunnel',
    '$ASK fronted "outside.writ:$LISTED" evil.example',
    byProxy('outside.writ:$LISTED'),
    privileged,
  ),
  escape(
    'proxy: another Host than the address',
    '$ASK plain "http://outside.writ:$LISTED/pong" evil.example',
    byProxy('outside.writ:$LISTED/pong'),
    privileged,
  ),
  escape(
    'proxy: a web socket',
    '$ASK socket "http://outside.writ:$LISTED/pong"',
    byProxy('outside.writ:$LISTED/pong'),
    privileged,
  ),
  escape(
    'proxy: where a listed host sends on to',
    '$ASK follow "http://outside.writ:$LISTED/elsewhere"',
    byProxy('outside.writ:$PORT/pong'),
    privileged,
  ),
]

const SETTINGS = '/etc/claude-code/managed-settings.json'

const HOOKS: readonly Escape[] = [
  escape('hooks: settings of the organisation', `echo "{}" > ${SETTINGS}`, writes(SETTINGS), privileged),
  escape(
    'hooks: take the settings away',
    'rm -rf /etc/claude-code || mv /etc/claude-code /tmp/',
    deletes('/etc/claude-code'),
    privileged,
  ),
  escape(
    'hooks: replace the hook client',
    'cp /bin/true /run/writ/bin/writ-hook',
    writes('/run/writ/bin/writ-hook'),
    privileged,
  ),
  escape(
    'hooks: a nested agent with another configuration that reads a key',
    `grep -q writ-hook ${SETTINGS} && echo "$EVENT" | CLAUDE_CONFIG_DIR=/tmp/other /run/writ/bin/writ-hook --socket /run/writ/hook.sock claude-code`,
    { by: 'hook', action: 'hook/shell *' },
    privileged,
  ),
]

export const ESCAPES: readonly Escape[] = [
  ...PROCESSES,
  ...FILES,
  ...KERNEL,
  ...SOCKETS,
  ...NETWORK,
  ...HOOKS,
]
