import type { JournalRecord, Range } from './journal.ts'

/**
 * A time in which the core could not commit, by the clock of the machine: begun after the fault had set in and over
 * before it was taken away, so that no tolerance is needed.
 */
export interface Outage {
  fromMs: number
  toMs: number
}

/** What became of what was sent while nothing could be committed. */
export interface SentInOutages {
  /** Observations for which no acknowledgement came before that was over, as it must be. */
  withheld: number
  /** Acknowledged though the outage lasted. */
  acknowledged: readonly Range[]
}

/** What was on its way when an outage began says nothing: its commit may have been done. */
export const sentIn = (outages: readonly Outage[], journal: JournalRecord): SentInOutages => {
  const found = outages.map(({ fromMs, toMs }) => {
    const isWithin = (atMs: number): boolean => atMs > fromMs && atMs < toMs
    const early = journal.answers.filter(({ sentMs, atMs }) => isWithin(sentMs) && isWithin(atMs))
    const answered = new Set(early.map(({ range: [from] }) => from))
    const waiting = new Map(
      journal.sendings
        .filter(({ range: [from], atMs }) => isWithin(atMs) && !answered.has(from))
        .map(({ range: [from, to] }) => [from, to - from + 1]),
    )
    return {
      withheld: waiting.values().reduce((sum, count) => sum + count, 0),
      acknowledged: early.map(({ range }) => range),
    }
  })
  return {
    withheld: found.reduce((sum, { withheld }) => sum + withheld, 0),
    acknowledged: found.flatMap(({ acknowledged }) => acknowledged),
  }
}
