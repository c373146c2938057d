import { has, readFlags, textsOf, valuesOf, type Call, type Program } from '../call.ts'
import { deletePath, readFile, writeFile, writePlace } from '../files.ts'
import { resolvePath } from '../paths.ts'
import { isDevice, isInWorkspace } from '../places.ts'
import { possible, sure } from '../state.ts'
import { isKnown, NOTHING, type Value } from '../text.ts'

/** Programs that remove, empty or overwrite files. */
export const DELETIONS: Readonly<Record<string, Program>> = {
  rm: (call) => {
    const flags = readFlags(call.args)
    if (has(flags, '--help', '--version')) return undefined
    return removed(call, has(flags, '-r', '-R', '--recursive', '-d'))
  },
  unlink: (call) => removed(call, false),
  rmdir: (call) => removed(call, false),
  shred: (call) => removed(call, false),
  wipe: (call) => removed(call, true),
  srm: (call) => removed(call, true),
  scrub: (call) => removed(call, true),
  'trash-put': (call) => removed(call, true),
  trash: (call) => removed(call, true),
  rimraf: (call) => removed(call, true),
  'del-cli': (call) => removed(call, true),
  del: (call) => removed(call, true),
  erase: (call) => removed(call, true),
  rd: (call) => removed(call, true),
  'remove-item': (call) => removed(call, true),
  gio: (call) =>
    call.args[0]?.text === 'trash' ? removed({ ...call, args: call.args.slice(1) }, true) : undefined,
  cmake: (call) => {
    const [mode, verb] = textsOf(call.args)
    if (mode !== '-E' || !/^(?:rm|remove|remove_directory)$/.test(verb ?? '')) return undefined
    return removed({ ...call, args: call.args.slice(2) }, true)
  },
  truncate: (call) => {
    const flags = readFlags(call.args, '-s --size -r --reference')
    for (const word of flags.operands) writeFile(call.state, word, { value: NOTHING, by: 'truncate' })
    return NOTHING
  },
  fallocate: (call) => {
    const flags = readFlags(call.args, '-l -o --length --offset')
    const empties = has(flags, '-p', '--punch-hole', '-z', '--zero-range', '-c', '--collapse-range')
    for (const word of empties ? flags.operands : [])
      writeFile(call.state, word, { value: NOTHING, by: 'fallocate' })
    return NOTHING
  },
  dd: (call) => {
    const source = textsOf(call.args).find((text) => text.startsWith('if='))
    const read =
      source === undefined ? undefined : readFile(call.state, { text: source.slice(3), from: 0 }, 'dd')
    const target = textsOf(call.args).find((text) => text.startsWith('of='))
    if (target === undefined) return read ?? call.stdin ?? undefined
    writeFile(
      call.state,
      { text: target.slice(3), from: 0 },
      { value: read ?? call.stdin ?? NOTHING, by: 'dd' },
    )
    return NOTHING
  },
  zip: (call) => {
    const flags = readFlags(call.args, '-b -n -t -tt -x -i')
    if (has(flags, '-m', '--move')) packedAway(call, flags.operands.slice(1))
    return undefined
  },
  rsync: (call) => {
    const flags = readFlags(call.args, '-e --rsh --exclude --include --filter -f --files-from --rsync-path')
    const target = flags.operands.at(-1)
    const deletes = [...flags.given.keys()].some((name) => name.startsWith('--del'))
    if (deletes && target !== undefined && !isRemotePath(target.text)) {
      deletePath(call.state, target.text, {
        isRecursive: !isWorkspacePart(call, target.text),
        by: 'rsync --delete',
      })
    }
    if (has(flags, '--remove-source-files')) packedAway(call, flags.operands.slice(0, -1))
    return undefined
  },
  ...Object.fromEntries(
    [
      'wipefs',
      'blkdiscard',
      'sgdisk',
      'fdisk',
      'sfdisk',
      'parted',
      'gdisk',
      'cryptsetup',
      'badblocks',
      'hdparm',
      'mdadm',
      'nwipe',
    ].map((name) => [name, wiping]),
  ),
  mkfs: formatting,
  mkswap: formatting,
  newfs: formatting,
  diskutil: (call) => {
    if (
      /^(?:erase|zero|random|secureErase|partition|reformat|apfs\w*delete)/i.test(call.args[0]?.text ?? '')
    ) {
      sure(call.state, 'disk_wipe', call.args.at(-1)?.text ?? '', 'diskutil erases a disk')
    }
    return undefined
  },
  format: (call) => {
    if (/^[a-z]:/i.test(call.args[0]?.text ?? ''))
      sure(call.state, 'disk_wipe', call.args[0]?.text ?? '', 'formats a drive')
    return undefined
  },
  ...Object.fromEntries(
    ['lvremove', 'vgremove', 'pvremove', 'zpool', 'zfs', 'btrfs'].map((name) => [
      name,
      (call: Call) => {
        if (
          name.endsWith('remove') ||
          /^(?:destroy|delete|subvolume delete)/.test(textsOf(call.args).join(' '))
        ) {
          sure(call.state, 'disk_wipe', name, `${name} destroys a volume`)
        }
        return undefined
      },
    ]),
  ),
}

const isRemotePath = (word: string): boolean => /^[^/]*:/.test(word)

/** What is copied and then removed where it was. */
function packedAway(call: Call, sources: readonly Value[]): void {
  for (const { text } of sources)
    if (!isRemotePath(text)) deletePath(call.state, text, { isRecursive: true, by: call.name })
}

const isWorkspacePart = (call: Call, word: string): boolean => {
  const path = resolvePath(call.state, word)
  return isInWorkspace(call.state, path)
}

function removed(call: Call, isRecursive: boolean) {
  const flags = readFlags(call.args, '-n --iterations -s --size')
  for (const { text } of flags.operands) {
    if (text === '') continue
    deletePath(call.state, text, { isRecursive, by: call.name })
    if (!isKnown(text) && !text.includes('/'))
      possible(call.state, 'unresolvable', text, `what ${call.name} removes is not known`)
  }
  for (const { text } of valuesOf(flags, '-Path', '-LiteralPath'))
    deletePath(call.state, text, { isRecursive, by: call.name })
  return NOTHING
}

/** Only a device is worth the fact: images in the workspace are files. */
function wiping(call: Call): undefined {
  const looks = /^(?:-l|--list|print|-I|status|luksDump|isLuks|--detail|--examine|--help|--version|-V)$/
  const texts = textsOf(call.args)
  if (texts.some((text) => looks.test(text))) return undefined
  for (const text of texts) {
    const path = resolvePath(call.state, text)
    if (isDevice(path)) sure(call.state, 'disk_wipe', path, `${call.name} changes ${path}`)
  }
  return undefined
}

function formatting(call: Call): undefined {
  for (const { text } of readFlags(call.args, '-t -L -U -b -i -N').operands) {
    const path = resolvePath(call.state, text)
    if (isDevice(path)) sure(call.state, 'disk_wipe', path, `${call.name} formats ${path}`)
    else writePlace(call.state, path, call.name)
  }
  return undefined
}
