import { commandLine } from '../support/commandLine.ts'
import { fuzz } from './fuzz.ts'

/**
 * Prints what became of the packets, and ends with 1 when anything was found or the bar was missed (what else runs on
 * the machine counts in it); 2 is wrong use.
 */
const USAGE = `npm run test:fuzz -- [--packets N] [--seed S] [--lanes N]

--packets  how many the broker is to accept or reject, valid, mutated or random (default 1000000)
--seed     of all of them; default: one from the clock, printed
--lanes    connections at once (default 16)
`
/** The well-behaved device must not be kept waiting for longer, 99 times of 100. */
const LONGEST_P99_MS = 100

const { read, wholeNumber } = commandLine(USAGE)
const { values } = read({
  packets: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  lanes: { type: 'string', default: '16' },
})
const packets = wholeNumber('packets', values.packets)
const seed = wholeNumber('seed', values.seed)
const lanes = Math.max(1, wholeNumber('lanes', values.lanes))
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const share = ({ ran, all }: { ran: number; all: number }): string =>
  `${ran} of ${all} (${((100 * ran) / all).toFixed(1)} %)`
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

print(`seed ${seed}, ${packets} packets, ${lanes} connections at once`)
const report = await fuzz({ packets, seed, lanes, tell: print })
print(
  `sent: ${report.packets} packets on ${report.connections} connections; ${report.answered} packets came back`,
)
if (report.judged) {
  const { sent, accepted, rejected, unread } = report.judged
  print(
    `of ${sent} packets, with PINGREQ and headers over the cap: ${accepted} accepted, ${rejected} rejected, ${unread} not read (behind a rejected one or DISCONNECT, or cut off)`,
  )
}
print(
  `connections: ${report.endings['by the broker']} ended by the broker, ${report.endings['by us']} by the fuzzer`,
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
const isServed = p99Ms <= LONGEST_P99_MS
print(
  `${report.findings.length === 0 ? 'nothing' : report.findings.length} found; the bar of ${LONGEST_P99_MS} ms for p99 was ${
    isServed ? 'met' : 'MISSED (was the machine busy with other work?)'
  }`,
)
process.exitCode = report.findings.length === 0 && isServed ? 0 : 1
