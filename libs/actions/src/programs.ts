import { ActionClass } from '@writ/contracts'
import { tableOf } from './words.ts'

/** Class of what a program does by its name alone, or by `git` and its verb; null for a program that is not known. */
export function classOfProgram(name: string): ActionClass | null {
  const verb = /^git (.+)$/.exec(name)?.[1]
  return verb === undefined ? (PROGRAMS.get(name) ?? null) : (GIT_VERBS.get(verb) ?? 'write.local')
}

const PROGRAMS = tableOf(ActionClass.options, {
  'read.public': 'echo printf date cal true false pwd whoami uname which type sleep : test [ [[ exit set git',
  'read.private':
    'ls cat head tail less more grep rg wc sort uniq cut diff cmp stat file du df tree jq nl basename dirname realpath cd find sed',
  'write.local': 'touch mkdir cp mv ln tee patch apply_patch',
  'write.shared': 'gh glab',
  'read.untrusted': 'curl wget',
  'sink.external': 'scp rsync sftp ftp nc ncat telnet mail sendmail',
  exec: 'sh bash zsh fish dash ssh node deno bun python python3 perl ruby php make npx pnpx uvx xargs docker podman kubectl terraform npm pnpm yarn pip pip3 uv cargo go gem brew apt apt-get',
  destructive: 'rm rmdir unlink shred dd mkfs truncate',
  admin: 'sudo su doas chmod chown chgrp useradd usermod passwd systemctl crontab iptables mount',
  credential: 'pass op vault gpg security',
})

const GIT_VERBS = tableOf(ActionClass.options, {
  'read.private':
    'status log diff show blame branch ls-files ls-tree rev-parse describe shortlog remote fetch grep cat-file reflog',
  'write.shared': 'push',
  destructive: 'clean filter-branch filter-repo',
})
