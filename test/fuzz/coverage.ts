import type { Profiler } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** Which part of the door's code ran: functions, and blocks within them, as V8 counts them. */
export interface Coverage {
  functions: { ran: number; all: number }
  blocks: { ran: number; all: number }
  /** Files of `broker/`, the least covered first. */
  files: { file: string; functionsRan: number; functions: number }[]
}

export const coverageOf = (scripts: readonly Profiler.ScriptCoverage[]): Coverage => {
  const files = scripts
    .filter(
      ({ url }) =>
        url.startsWith('file:') && fileURLToPath(url).includes('/broker/') && !url.includes('/test/'),
    )
    .map(({ url, functions }) => {
      const ranges = functions.flatMap(({ ranges }) => ranges)
      return {
        file: fileURLToPath(url).split('/broker/').at(-1) ?? url,
        functions: functions.length,
        functionsRan: functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0).length,
        blocks: ranges.length,
        blocksRan: ranges.filter(({ count }) => count > 0).length,
      }
    })
  const sum = (of: (file: (typeof files)[number]) => number): number =>
    files.reduce((total, file) => total + of(file), 0)
  return {
    functions: { ran: sum((it) => it.functionsRan), all: sum((it) => it.functions) },
    blocks: { ran: sum((it) => it.blocksRan), all: sum((it) => it.blocks) },
    files: files
      .map(({ file, functions, functionsRan }) => ({ file, functions, functionsRan }))
      .sort((a, b) => a.functionsRan / a.functions - b.functionsRan / b.functions),
  }
}
