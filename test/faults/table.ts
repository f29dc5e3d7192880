import type { FaultRow } from './faultKind.ts'

const COLUMNS = [
  'fault',
  'rounds',
  'sent',
  'acknowledged',
  'stored',
  'quarantined',
  'lost',
  'twice',
  'invented',
  'withheld',
  'worst recovery',
]

/** The rows as a table of plain text, numbers to the right. */
export const tableOf = (rows: readonly FaultRow[]): string => {
  const cells = rows.map(({ name, rounds, tally, worstRecoveryMs }) => [
    name,
    ...[
      rounds,
      tally.sent,
      tally.acknowledged,
      tally.stored,
      tally.quarantined,
      tally.lost,
      tally.twice,
      tally.invented,
      tally.withheld,
    ].map((count) => count.toLocaleString('en')),
    `${(worstRecoveryMs / 1000).toFixed(2)} s`,
  ])
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  return [COLUMNS, ...cells]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n')
}
