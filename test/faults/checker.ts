import { type JournalRecord, numbersOf } from './journal.ts'
import type { StoredContents } from './messages.ts'
import { identityOf, observationOf, type Source } from './observations.ts'
import { type Outage, sentIn } from './outages.ts'

/**
 * Holds what the senders wrote down against what a core keeps. Every observation is known by its own value: what was
 * acknowledged must be stored or quarantined, what is stored must have been sent, and nothing may be visible twice,
 * neither in rows nor in the buckets that the store makes of them. And while nothing could be committed, nothing was
 * acknowledged but what went into quarantine, which the catalogue keeps.
 */
export interface Sent {
  source: Source
  /** What an acknowledgement of this source is, for the words of a failure. */
  acknowledgedBy: string
  journal: JournalRecord
}

/** Counts of observations. */
export interface Tally {
  sent: number
  acknowledged: number
  stored: number
  quarantined: number
  lost: number
  twice: number
  /** Stored, though never sent, or not in its place. */
  invented: number
  /** Sent while nothing could be committed, and not acknowledged before that was over. */
  withheld: number
}

export interface Verdict {
  tally: Tally
  /** Sentences, one for each way in which an invariant is broken; none when all hold. */
  problems: string[]
}

export const NOTHING: Tally = {
  sent: 0,
  acknowledged: 0,
  stored: 0,
  quarantined: 0,
  lost: 0,
  twice: 0,
  invented: 0,
  withheld: 0,
}

export const addTallies = (a: Tally, b: Tally): Tally => ({
  sent: a.sent + b.sent,
  acknowledged: a.acknowledged + b.acknowledged,
  stored: a.stored + b.stored,
  quarantined: a.quarantined + b.quarantined,
  lost: a.lost + b.lost,
  twice: a.twice + b.twice,
  invented: a.invented + b.invented,
  withheld: a.withheld + b.withheld,
})

export const check = (
  contents: StoredContents,
  senders: readonly Sent[],
  outages: readonly Outage[] = [],
): Verdict => {
  const problems: string[] = []
  const offered = new Map(
    senders.map(({ source, journal }) => [source.index, { source, numbers: numbersOf(journal.offered) }]),
  )
  const seen = new Map<number, number>()
  const invented: string[] = []
  for (const { path, timesMs, values, bucketCount, bucketSum } of contents.datastreams) {
    let sum = 0
    values.forEach((value, row) => {
      sum += value
      seen.set(value, (seen.get(value) ?? 0) + 1)
      const { index, seq } = identityOf(value)
      const sender = offered.get(index)
      const wanted = sender?.numbers.has(seq) ? observationOf(sender.source, seq) : undefined
      if (wanted?.datastream !== path || wanted.timeMs !== timesMs[row]) {
        invented.push(`${value} at ${timesMs[row]} of ${path}`)
      }
    })
    if (bucketCount !== values.length) {
      problems.push(`buckets of ${path} count ${bucketCount}, its rows are ${values.length}`)
    } else if (Math.abs(bucketSum - sum) > 1e-9 * Math.abs(sum)) {
      problems.push(`buckets of ${path} add up to ${bucketSum}, its rows to ${sum}`)
    }
  }
  const twice = [...seen].filter(([, times]) => times > 1).map(([value]) => String(value))
  const quarantined = quarantinedValues(contents)
  const lost: string[] = []
  let acknowledged = 0
  let withheld = 0
  for (const { source, acknowledgedBy, journal } of senders) {
    const numbers = numbersOf(journal.acknowledged)
    acknowledged += numbers.size
    const missing = [...numbers].filter((seq) => {
      const { value } = observationOf(source, seq)
      return !seen.has(value) && !quarantined.has(value)
    })
    lost.push(...missing.map((seq) => `${source.name}/${seq}`))
    if (missing.length > 0) {
      problems.push(
        `lost: ${missing.length} of ${source.name}, acknowledged by ${acknowledgedBy}: ${some(missing.map(String))}`,
      )
    }
    const inOutages = sentIn(outages, journal)
    withheld += inOutages.withheld
    const early = [...numbersOf(inOutages.acknowledged)].filter(
      (seq) => !quarantined.has(observationOf(source, seq).value),
    )
    if (early.length > 0) {
      problems.push(
        `acknowledged while nothing could be committed: ${early.length} of ${source.name}: ${some(early.map(String))}`,
      )
    }
  }
  if (twice.length > 0) problems.push(`visible twice: ${twice.length}: ${some(twice)}`)
  if (invented.length > 0) {
    problems.push(`stored, but not sent so: ${invented.length}: ${some(invented)}`)
  }
  if (contents.quarantineDropped > 0) {
    problems.push(`the quarantine was too small for this run: ${contents.quarantineDropped} packs are gone`)
  }
  const sent = offered.values().reduce((sum, { numbers }) => sum + numbers.size, 0)
  return {
    tally: {
      sent,
      acknowledged,
      stored: seen.size,
      quarantined: quarantined.size,
      lost: lost.length,
      twice: twice.length,
      invented: invented.length,
      withheld,
    },
    problems,
  }
}

/** Values in quarantined payloads, which need not be JSON. */
const quarantinedValues = ({ quarantine }: StoredContents): Set<number> => {
  const values = new Set<number>()
  for (const { payload } of quarantine) {
    for (const [, value] of payload.matchAll(/"v":(\d+)/g)) values.add(Number(value))
  }
  return values
}

const some = (items: readonly string[]): string =>
  items.slice(0, 5).join(', ') + (items.length > 5 ? ', ...' : '')
