import { expect, it } from 'vitest'
import type { JournalRecord, Range } from './journal.ts'
import { sentIn } from './outages.ts'

const pack = (from: number): Range => [from, from + 1]

it('blames an acknowledgement of what was sent and acknowledged within one outage, and no other', () => {
  const outages = [
    { fromMs: 100, toMs: 200 },
    { fromMs: 300, toMs: 400 },
  ]
  const sendings = [
    [10, 99],
    [20, 110],
    [30, 120],
    // Once more on another connection: waits once.
    [30, 150],
    [40, 310],
    [50, 320],
  ] as const
  const answers = [
    // On its way when the outage began.
    [10, 99, 150],
    // Once it was over, and in the next one.
    [20, 110, 200],
    [40, 310, 399],
    [40, 310, 500],
  ] as const
  const journal: JournalRecord = {
    offered: [],
    acknowledged: [],
    sendings: sendings.map(([from, atMs]) => ({ range: pack(from), atMs })),
    answers: answers.map(([from, sentMs, atMs]) => ({ range: pack(from), sentMs, atMs })),
  }
  expect(sentIn(outages, journal)).toEqual({ withheld: 6, acknowledged: [[40, 41]] })
})
