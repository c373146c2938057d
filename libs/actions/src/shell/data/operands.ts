/** What programs do with the paths among their arguments; a program that is not here reads them, and may change them. */

/** Paths are only looked at from outside, or are no paths. */
export const LOOKS_ONLY: ReadonlySet<string> = new Set(
  'ls dir ll tree stat file test [ [[ du df find fd locate which whereis type realpath readlink basename dirname pwd cd pushd popd echo printf true false : exit return sleep date man help kill pkill pgrep ps top jobs wait wc md5sum sha1sum sha256sum sha512sum shasum cksum b2sum chmod chown chgrp chattr lsattr getfacl setfacl mkdir rmdir rm unlink shred touch truncate tee export declare typeset local readonly unset set alias unalias trap eval source . history fc umask ulimit hash git gh npm pnpm yarn bun make cargo go kubectl docker podman terraform ssh ssh-add ssh-copy-id scp sftp curl wget cp mv ln install rsync dd mkfs sed bash sh zsh dash ksh crontab at read mapfile readarray getopts shift seq mktemp mkfifo mknod lsof fuser trash trash-put gio rimraf del-cli cat tac tar writ tsc pip pip3 uv fallocate setcap install patch eslint prettier dotenv xargs'.split(
    ' ',
  ),
)

/** Reads files and changes none; whatever prints, sorts, packs, encodes or compares what is in them is a reader. */
export const READERS: ReadonlySet<string> = new Set(
  'cat tac head tail less more most bat batcat nl od xxd hexdump hd strings grep egrep fgrep rg ag ack zgrep jq yq xq dasel gron diff cmp comm colordiff delta sdiff sort uniq cut paste join fold fmt pr column rev tr awk gawk mawk nawk base64 base32 basenc uuencode view pg zcat bzcat xzcat gunzip wc file stat ls tree md5sum sha1sum sha256sum sha512sum shasum cksum find fd test [ look expand unexpand iconv dos2unix glow mdcat pygmentize highlight shellcheck eslint prettier tsc cloc tokei scc realpath readlink code cursor open xdg-open'.split(
    ' ',
  ),
)

/** Prints nothing of what it reads with one of these. */
export const SILENT_GREP =
  /^(?:-[a-zA-Z]*[qclL][a-zA-Z]*|--quiet|--silent|--count|--files-with-matches|--files-without-match)$/

/** Options whose value is a file that is used and not shown, or left out: settings of containers and runtimes, keys to sign in with. */
export const USED_NOT_SHOWN =
  /^--?(?:exclude|exclude-dir|ignore-dir|env-file|env-file-if-exists|identity|identity-file|private-key|key|cert|cacert|kubeconfig)(?<value>=|$)/
