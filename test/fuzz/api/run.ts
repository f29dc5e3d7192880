import { commandLine } from '../../support/commandLine.ts'
import { fuzzApi } from './apiFuzz.ts'

/** Prints what became of the requests, and ends with 1 when anything was found; 2 is wrong use. */
const USAGE = `npm run test:api-fuzz -- [--requests N] [--seed S]

--requests  how many, of every operation in the OpenAPI document (default 100000)
--seed      of the first 500, the next 500 have the one after; default: one from the clock, printed
`
const { read, wholeNumber } = commandLine(USAGE)
const { values } = read({
  requests: { type: 'string', default: '100000' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
})
const seed = wholeNumber('seed', values.seed)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

print(`seed ${seed}`)
const report = await fuzzApi({ requests: wholeNumber('requests', values.requests), seed })
print(`${report.requests} requests; answers by status: ${JSON.stringify(report.statuses)}`)
print(
  `memory: at most ${megabytes(report.memory.earlyBytes)} in the second quarter, ${megabytes(report.memory.lateBytes)} in the last`,
)
for (const operation of report.uncovered) print(`NEVER ASKED: ${operation}`)
for (const finding of report.findings) print(`FOUND: ${finding}`)
print(`${report.findings.length} found`)
process.exitCode = report.findings.length + report.uncovered.length === 0 ? 0 : 1
