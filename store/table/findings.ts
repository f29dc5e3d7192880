/** Something about the data that a person should know: data, never an exception. */
export interface Finding {
  /** Stable, for programs: `clock-fault`, `gaps`, `zero-run` ... */
  code: string
  /** The Datastream that it is about; absent: the whole file. */
  series?: string
  message: string
  /** How many readings, rows or gaps. */
  count: number
  /** Line on which it first shows. */
  firstLine?: number
}

/** So many findings of one code are told series by series. */
const MAX_PER_CODE = 20

/** Keeps the findings with the greatest counts of each code and sums the rest of it up in one. */
export const condensed = (findings: readonly Finding[]): Finding[] =>
  [...Map.groupBy(findings, ({ code }) => code)].flatMap(([code, all]) => {
    if (all.length <= MAX_PER_CODE) return all
    const sorted = all.toSorted((a, b) => b.count - a.count)
    const rest = sorted.slice(MAX_PER_CODE)
    const count = rest.reduce((sum, finding) => sum + finding.count, 0)
    return [
      ...sorted.slice(0, MAX_PER_CODE),
      { code, count, message: `the same in ${rest.length} more series, ${count} altogether` },
    ]
  })
