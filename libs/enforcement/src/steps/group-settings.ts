import type { Bundle, GroupSettings } from '@writ/contracts'

/** The settings of a caller: of several access groups the strictest counts, each setting by itself. */
export function settingsOf(groups: readonly string[], known: Bundle['groups']): GroupSettings {
  const own = known.filter((group) => groups.includes(group.id))
  const strictest = <Value extends string>(
    read: (settings: GroupSettings) => Value,
    order: readonly Value[],
  ) => order.find((value) => own.some((group) => read(group) === value))
  return {
    default: strictest((group) => group.default, ['deny', 'allow']) ?? 'allow',
    oversize: strictest((group) => group.oversize, ['deny', 'sample', 'flag']) ?? 'deny',
    approvers: strictest((group) => group.approvers, ['nobody', 'admins']) ?? 'admins',
  }
}
