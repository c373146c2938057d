/** Members by key, in the order in which keys and members came. */
export function grouped<K, V>(members: Iterable<V>, keyOf: (member: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const member of members) {
    const key = keyOf(member)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [member])
    else group.push(member)
  }
  return groups
}
