import type { FactKind } from '../facts.ts'

/** A program whose arguments are another command. */
export type Wrapper = {
  /** options that take a value, which is then not the command */
  readonly valued?: string
  /** operands in front of the command */
  readonly skip?: number
  /** options whose value is a command as text */
  readonly text?: string
  /** the rest is one text for a shell, not words */
  readonly isShellText?: boolean
  /** `A=b` may stand in front of the command */
  readonly assigns?: boolean
  /** with one of these it runs nothing */
  readonly quiet?: string
  /** what using it means */
  readonly kind?: FactKind
  /** the command begins with the value of one of these, and goes on behind it, or behind `--` */
  readonly startsAt?: string
  /** the command stands behind `--` */
  readonly isBehindDashes?: boolean
  /** with nothing to run it does nothing that matters */
  readonly keeps?: boolean
}

const SUDO = '-u --user -g --group -h --host -p --prompt -C -r --role -t --type -T -U -D --chdir -R --chroot'

export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['env', { valued: '-u --unset -C --chdir -S --split-string -P', text: '-S --split-string', assigns: true }],
  ['command', { quiet: '-v -V' }],
  // of zsh
  ['noglob', {}],
  ['nocorrect', {}],
  ['-', {}],
  ['repeat', { skip: 1 }],
  ['emulate', { valued: '-c', text: '-c', skip: 1 }],
  ['builtin', {}],
  ['exec', { valued: '-a', keeps: true }],
  ['nohup', {}],
  ['time', { valued: '-f --format -o --output' }],
  ['gtime', { valued: '-f --format -o --output' }],
  ['timeout', { valued: '-k --kill-after -s --signal', skip: 1 }],
  ['gtimeout', { valued: '-k --kill-after -s --signal', skip: 1 }],
  ['nice', { valued: '-n --adjustment' }],
  ['ionice', { valued: '-c --class -n --classdata -t', quiet: '-p' }],
  ['chrt', { valued: '-T -P -D', skip: 1 }],
  ['taskset', { skip: 1, quiet: '-p' }],
  ['numactl', { valued: '-m -N -C -p' }],
  ['stdbuf', { valued: '-i --input -o --output -e --error' }],
  ['unbuffer', {}],
  ['setsid', {}],
  ['setarch', {}],
  ['linux64', {}],
  ['prlimit', { valued: '-p --pid' }],
  ['cpulimit', { valued: '-l -p -e' }],
  ['choom', { valued: '-n' }],
  ['setpriv', { valued: '--reuid --regid --groups --inh-caps --bounding-set' }],
  ['strace', { valued: '-e -o -p -s -u -E -a -I -O -S -X -P -b --trace' }],
  ['ltrace', { valued: '-e -o -p -s -u -l -n -a -A -F' }],
  ['valgrind', {}],
  ['perf', { skip: 1, valued: '-e -o' }],
  ['catchsegv', {}],
  ['rlwrap', {}],
  ['winpty', {}],
  ['caffeinate', { valued: '-t -w' }],
  ['arch', { valued: '-e -d' }],
  ['xvfb-run', { valued: '-n -s -e -f -p -w' }],
  ['dbus-run-session', {}],
  ['dbus-launch', {}],
  ['fakeroot', { valued: '-l -s -i -b' }],
  ['fakechroot', {}],
  ['proot', { valued: '-r -b -w -q -k -S -R' }],
  ['torsocks', {}],
  ['proxychains', { valued: '-f' }],
  ['proxychains4', { valued: '-f' }],
  ['xterm', { valued: '-T -title -geometry -fg -bg -fn -xrm' }],
  ['uxterm', { valued: '-T -title -geometry' }],
  ['urxvt', { valued: '-title -geometry' }],
  ['konsole', { valued: '--workdir -p' }],
  ['gnome-terminal', { valued: '--title --working-directory' }],
  ['alacritty', { valued: '-t --title --working-directory' }],
  ['kitty', { valued: '-T --title -d' }],
  ['foot', {}],
  ['terminator', {}],
  ['busybox', {}],
  ['toybox', {}],
  ['watch', { valued: '-n --interval -q', isShellText: true }],
  [
    'hyperfine',
    { valued: '-w -r -m -M -p -c -s -n', text: '-p --prepare -c --cleanup -s --setup', isShellText: true },
  ],
  ['entr', {}],
  ['watchexec', { valued: '-w -e -i -d' }],
  ['nodemon', { valued: '-x --exec -w --watch -e --ext -i', text: '-x --exec' }],
  ['concurrently', { valued: '-n -c', isShellText: true }],
  ['script', { valued: '-c --command -t -I -O -B', text: '-c --command', skip: 1 }],
  ['flock', { valued: '-w --timeout -E -c --command', text: '-c --command', skip: 1 }],
  ['lockf', { valued: '-t', skip: 1 }],
  [
    'systemd-run',
    {
      valued:
        '-p --property -u --unit --uid --gid --slice -E --setenv -M -H --description -t --on-active --on-calendar --on-boot',
    },
  ],
  ['systemd-inhibit', { valued: '--what --who --why --mode' }],
  ['firejail', {}],
  ['direnv exec', { skip: 1 }],
  ['dotenv', { valued: '-e -f -v -p' }],
  ['dotenvx run', { valued: '-f --env-file' }],
  ['doppler run', { valued: '-c -p' }],
  ['op run', { valued: '--env-file' }],
  ['aws-vault exec', { skip: 1, valued: '-d' }],
  ['chpst', { valued: '-u -U -b -e -d -o -p -f -c -r -t -/ -P -m' }],
  ['poetry run', {}],
  ['pipenv run', {}],
  ['pdm run', {}],
  ['hatch run', {}],
  ['rye run', {}],
  ['conda run', { valued: '-n -p --name --prefix' }],
  ['mamba run', { valued: '-n -p' }],
  ['bundle exec', {}],
  ['rbenv exec', {}],
  ['pyenv exec', {}],
  ['asdf exec', {}],
  ['mise exec', {}],
  ['mise x', {}],
  ['nix-shell', { valued: '-p --packages --run --command', text: '--run --command' }],
  ['devbox run', {}],
  ['corepack', { quiet: '--version' }],
  ['pnpm exec', { valued: '-C --dir --filter -F' }],
  ['yarn exec', {}],
  ['sudo', { valued: SUDO, assigns: true, kind: 'privilege', quiet: '--help --version -V' }],
  ['sudoedit', { valued: SUDO, kind: 'privilege' }],
  ['doas', { valued: '-u -C -a', kind: 'privilege' }],
  ['pkexec', { valued: '--user -u', kind: 'privilege', quiet: '--version --help' }],
  ['run0', { valued: '-u --user -g --unit', kind: 'privilege' }],
  ['gsudo', { kind: 'privilege' }],
  ['runas', { kind: 'privilege' }],
  ['runuser', { valued: '-u -g -c --command -s', text: '-c --command', kind: 'privilege' }],
  [
    'su',
    {
      valued: '-c --command -s --shell -g',
      text: '-c --command',
      skip: 1,
      kind: 'privilege',
      quiet: '--help --version',
    },
  ],
  ['sg', { skip: 1, text: '-c', valued: '-c', kind: 'privilege' }],
  ['chroot', { valued: '--userspec --groups', skip: 1, kind: 'privilege', quiet: '--help --version' }],
  ['nsenter', { valued: '-t --target -S -G', kind: 'privilege' }],
  ['unshare', { valued: '-S -G -R -w', kind: 'privilege', quiet: '--help --version' }],
  ['bwrap', { kind: 'opaque_exec' }],
  ['podman unshare', { kind: 'privilege' }],
  ['buildah unshare', { kind: 'privilege' }],
  [
    'start-stop-daemon',
    {
      valued: '-x --exec -a --startas -p --pidfile -u --user -n --name -d --chdir',
      startsAt: '-x --exec -a --startas',
    },
  ],
  ['capsh', { valued: '-c', text: '-c' }],
  ['guix shell', { valued: '-m --manifest -f --file -D', isBehindDashes: true }],
  ['guix environment', { valued: '-m -l', isBehindDashes: true }],
  ['daemonize', { valued: '-a -c -e -o -p -l -u -E' }],
  ['nix develop', { valued: '-c --command', startsAt: '-c --command' }],
  ['npm explore', { skip: 1 }],
  ['setlock', { skip: 1 }],
  ['softlimit', { valued: '-a -c -d -f -l -m -o -p -r -s -t' }],
  ['faketime', { skip: 1 }],
  ['dumb-init', {}],
  ['tini', { valued: '-p -e' }],
  ['gosu', { skip: 1, kind: 'privilege' }],
  ['runcon', { valued: '-u -r -t -l', skip: 1 }],
  ['ssh-agent', { valued: '-a -t -P -O', quiet: '-k -s -c -D -d' }],
  ['aa-exec', { valued: '-p -n --profile --namespace' }],
  ['cgexec', { valued: '-g' }],
])
