import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

/** `npm run test:fuzz -- [--packets N] [--seed S]`: prints what became of them, and ends with 1 when it found anything. */
const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lanes: { type: 'string', default: '16' },
  },
})
const [packets, seed, lanes] = [Number(values.packets), Number(values.seed), Number(values.lanes)]
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const share = ({ ran, all }: { ran: number; all: number }): string =>
  `${ran} of ${all} (${((100 * ran) / all).toFixed(1)} %)`
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

print(`seed ${seed}, ${packets} packets, ${lanes} connections at once`)
const report = await fuzz({ packets, seed, lanes, tell: print })
print(
  `sent: ${report.packets} packets on ${report.connections} connections; ${report.answered} packets came back`,
)
print(
  `accepted to the end: ${report.endings['by us']} connections; ended by the broker: ${report.endings['by the broker']}`,
)
print(`city's counts: ${JSON.stringify(report.counts)}`)
const { acknowledged, stored, lost, p50Ms, p99Ms } = report.wellBehaved
print(
  `well-behaved: ${acknowledged} acknowledged, ${stored} stored, ${lost} lost, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
)
print(
  `memory: at most ${megabytes(report.memory.atHalfBytes)} in the first half, ${megabytes(report.memory.atEndBytes)} at the end`,
)
if (report.coverage) {
  print(
    `coverage of broker/: functions ${share(report.coverage.functions)}, blocks ${share(report.coverage.blocks)}`,
  )
  for (const { file, functionsRan, functions } of report.coverage.files)
    print(`  ${file}: ${functionsRan} of ${functions} functions`)
}
for (const finding of report.findings) print(`FOUND: ${finding} (seed ${seed})`)
print(report.findings.length === 0 ? 'nothing found' : `${report.findings.length} found`)
process.exitCode = report.findings.length === 0 ? 0 : 1
