/** What commands print: results on standard output, everything said beside them on standard error. */

/** The one JSON document of `--json`. */
export const printJson = (document: unknown): void => {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** A message for the person, never part of the result. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** A longer cell shifts its own row alone: one of two hundred letters would push all others out of sight. */
const WIDEST_COLUMN = 60

/** Rows under a heading, columns as wide as their widest cell, up to a bound. */
export const printTable = (
  heading: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): void => {
  const table = [heading, ...rows.map((row) => row.map((cell) => printable(String(cell ?? '-'))))]
  const widths = heading.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0).filter((width) => width <= WIDEST_COLUMN)),
  )
  for (const row of table) {
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** Text from outside on one line and without control characters: a payload must not steer the terminal. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
