// What became of every request.

export function createTally() {
  const fates = { answered: 0, 'hung up': 0, cut: 0, unanswered: 0 }
  const statuses = {}
  const decisions = []
  const reasons = new Map()
  const last = new WeakMap()
  const figures = { results: 0, replaysAccepted: 0 }
  return {
    fates,
    statuses,
    figures,
    /** every answer that names its decision */
    decisions,
    sent: () => Object.values(fates).reduce((sum, one) => sum + one, 0),
    /** what was said of those that were not answered, and how often */
    unanswered: () => [...reasons].map(([why, times]) => `${why}: ${times}`).join('; '),
    lastStatus: (client) => last.get(client),
    replay: ({ fate, status }) => {
      if (fate === 'answered' && status < 400) figures.replaysAccepted += 1
    },
    note: (client, { fate, status, decision, text, why }, isReplay) => {
      fates[fate] += 1
      if (!isReplay) last.set(client, status)
      if (status !== undefined) statuses[status] = (statuses[status] ?? 0) + 1
      if (decision !== undefined) decisions.push(decision)
      if (text?.includes('"result"')) figures.results += 1
      if (fate === 'unanswered') reasons.set(why, (reasons.get(why) ?? 0) + 1)
    },
  }
}
