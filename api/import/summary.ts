import type { Plan } from '../../city/mapping/plan.ts'
import type { Rejection } from '../../city/mapping/readRow.ts'
import { condensed, type Finding } from '../../store/table/findings.ts'

/** Rejections that are listed one by one; beyond it they are only counted. */
export const MAX_LISTED = 10_000

/** How far an import is: rows of the file, and readings (cells). */
export interface ImportProgress {
  rows: number
  read: number
  stored: number
  repeated: number
  rejected: number
}

/** What an import did. `read` = `stored` + `repeated` + `rejectedCount`, counts of readings. */
export interface ImportResult {
  read: number
  /** Readings that the store did not have. */
  stored: number
  /** Readings whose Datastream and time were there already, or came earlier in the file; the last value holds. */
  repeated: number
  /** Ascending by line. All of them, or the first `MAX_LISTED` and a finding that says so. */
  rejected: Rejection[]
  rejectedCount: number
  findings: Finding[]
  /** Buildings that the city did not know. */
  created: string[]
}

export type Summary = ReturnType<typeof createSummary>

/** Counts of one import. */
export const createSummary = (plan: Plan) => {
  const rejected: Rejection[] = []
  const findings: Finding[] = []
  const created: string[] = []
  let rows = 0
  let stored = 0
  let repeated = 0
  let rejectedCount = 0
  const progress = (): ImportProgress => ({
    rows,
    read: stored + repeated + rejectedCount,
    stored,
    repeated,
    rejected: rejectedCount,
  })
  return {
    progress,
    addRows(count: number): void {
      rows += count
    },
    addStored(count: number): void {
      stored += count
    },
    addRepeated(count: number): void {
      repeated += count
    },
    reject(rejection: Rejection): void {
      rejectedCount += 1
      if (rejected.length < MAX_LISTED) rejected.push(rejection)
    },
    find(...more: Finding[]): void {
      findings.push(...more)
    },
    create(...buildings: string[]): void {
      created.push(...buildings)
    },
    result(): ImportResult {
      const { read } = progress()
      return {
        read,
        stored,
        repeated,
        rejected: rejected.toSorted((a, b) => a.line - b.line),
        rejectedCount,
        findings: [...ofCounts(created, rejectedCount), ...ofNames(plan), ...condensed(findings)],
        created,
      }
    },
  }
}

const ofCounts = (created: readonly string[], rejectedCount: number): Finding[] => [
  ...(created.length > 0
    ? [
        {
          code: 'building-created',
          message: `the city did not know ${created.slice(0, 10).join(', ')}${created.length > 10 ? ' and others' : ''}: made`,
          count: created.length,
        },
      ]
    : []),
  ...(rejectedCount > MAX_LISTED
    ? [
        {
          code: 'rejections-not-listed',
          message: `only the first ${MAX_LISTED} of ${rejectedCount} rejections are listed`,
          count: rejectedCount - MAX_LISTED,
        },
      ]
    : []),
]

const ofNames = (plan: Plan): Finding[] =>
  plan.merged.map(({ datastream, names }) => ({
    code: 'names-merged',
    series: datastream,
    message: `${names} are one Datastream now`,
    count: 1,
  }))
