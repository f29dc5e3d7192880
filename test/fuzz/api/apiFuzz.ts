import fc from 'fast-check'
import { testModels } from '../../api/testModels.ts'
import { from, MINUTE_MS, NOW_MS, openTestApi, type TestApi } from '../../api/testApi.ts'
import { type ApiCase, apiCases, type Document } from './cases.ts'

export interface ApiFuzzReport {
  requests: number
  /** Answers by status. */
  statuses: Record<number, number>
  /** Operations of the document that no request asked for. */
  uncovered: string[]
  /** What is wrong: answers of 5xx and exceptions, each once for its operation, with the request. */
  findings: string[]
  /** Resident memory at most, in the second and the last quarter. */
  memory: { earlyBytes: number; lateBytes: number }
}

/** Cases of one seed: a few, so that a full run holds few in memory and a finding is found again soon. */
const CASES_OF_SEED = 500

/**
 * Asks the whole API over real stores what `seed` gives, one request after the other, and reads every answer.
 */
export const fuzzApi = async ({
  requests,
  seed,
}: {
  requests: number
  seed: number
}): Promise<ApiFuzzReport> => {
  await using stack = new AsyncDisposableStack()
  const api = stack.use(await openTestApi({ models: testModels(stack) }))
  for (let minute = 0; minute < 120; minute++)
    for (const datastream of ['library/co2', 'shared-office/occupancy', 'shared-office/temperature'])
      // oxlint-disable-next-line no-await-in-loop -- a reading after the other, as they are measured
      await api.append({ datastream, timeMs: NOW_MS - minute * MINUTE_MS, value: 20 + (minute % 7) })
  const document = (await api.json('/openapi.json')) as Document
  const cases = apiCases(document)
  const uncovered = new Set(
    Object.entries(document.paths).flatMap(([at, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${at}`),
    ),
  )
  const report: ApiFuzzReport = {
    requests: 0,
    statuses: {},
    uncovered: [],
    findings: [],
    memory: { earlyBytes: 0, lateBytes: 0 },
  }
  const found = new Set<string>()
  for (let block = 0; report.requests < requests; block++) {
    for (const one of fc.sample(cases, { seed: seed + block, numRuns: CASES_OF_SEED })) {
      if (report.requests === requests) break
      // oxlint-disable-next-line no-await-in-loop -- in order, or a finding could not be found again
      const outcome = await ask(api, one, report.requests)
      report.requests++
      uncovered.delete(one.operation)
      report.statuses[outcome.status] = (report.statuses[outcome.status] ?? 0) + 1
      const kind = `${one.operation} ${outcome.status}`
      if (isFault(outcome.status) && !found.has(kind)) {
        found.add(kind)
        report.findings.push(
          `${kind}: ${outcome.text.slice(0, 300)} to ${JSON.stringify(one)} (seed ${seed + block})`,
        )
      }
    }
    const { rss } = process.memoryUsage()
    const share = report.requests / requests
    if (share > 0.25 && share <= 0.5) report.memory.earlyBytes = Math.max(report.memory.earlyBytes, rss)
    if (share > 0.75) report.memory.lateBytes = Math.max(report.memory.lateBytes, rss)
  }
  report.uncovered = [...uncovered]
  return report
}

/** 503 says that a part is not there, as no broker, backup or authority is beside this API; 0 is an exception. */
const isFault = (status: number): boolean => status === 0 || (status >= 500 && status !== 503)

const ask = async (
  api: TestApi,
  { method, url, role, headers, body }: ApiCase,
  index: number,
): Promise<{ status: number; text: string }> => {
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
  const authorization: Record<string, string> = role ? { authorization: `Bearer ${api.keys[role]}` } : {}
  try {
    const response = await api.app.request(
      url,
      { method, headers: { ...headers, ...authorization }, ...(body === undefined ? {} : { body }) },
      from(address),
    )
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel()
      return { status: response.status, text: '' }
    }
    return { status: response.status, text: await response.text() }
  } catch (error) {
    return { status: 0, text: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
