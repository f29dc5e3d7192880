import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { NadiError } from '../../city/errors.ts'
import { splitFields } from '../../city/mapping/records.ts'
import type { Finding } from '../../store/table/findings.ts'
import { openTable } from '../../store/table/reader.ts'
import { firstRecords } from '../../store/table/source.ts'
import { createScore } from '../metrics.ts'
import { MS_PER_HOUR } from '../series.ts'
import { type BacktestResult, type IssuedForecast, type ModelResult, truthOf } from './backtest.ts'
import { PREDICTION_COLUMNS } from './predictionsFile.ts'
import type { Protocol } from './windows.ts'

/**
 * Forecasts that other programs made of the same days, from a predictions file, scored as our own: against our truth
 * (theirs is not read) and only on the days that our models were asked for.
 */
export interface Peers {
  models: ModelResult[]
  findings: Finding[]
}

export interface PeersOptions {
  protocol: Protocol
  onForecast?: (forecast: IssuedForecast) => void | Promise<void>
}

const FORMAT = { delimiter: ',', quote: '"' }

/** Throws `invalid-input` when a file has not the columns of a predictions file. */
export const readPeers = async (
  file: string,
  { windows, models: ours }: BacktestResult,
  { protocol, onForecast }: PeersOptions,
): Promise<Peers> => {
  const columns = splitFields((await firstRecords(file, 1))[0] ?? '', FORMAT).map((name) => name.trim())
  const at = PREDICTION_COLUMNS.map((name) => columns.indexOf(name))
  const missing = PREDICTION_COLUMNS.filter((name, i) => at[i] === -1 && name !== 'truth')
  if (missing.length > 0) {
    throw new NadiError(
      'invalid-input',
      `${path.basename(file)} is no predictions file: it has no column ${missing.join(', ')}. It needs ${PREDICTION_COLUMNS.join(',')}.`,
    )
  }
  const asked = new Map(windows.map((each) => [each.building.series.id, new Set(each.issuedAtMs)]))
  const buildings = new Map(windows.map(({ building }) => [building.series.id, building]))
  const models = new Map<string, ModelResult & { buildings: Map<string, ReturnType<typeof createScore>> }>()
  const open = new Map<string, { left: number; quantiles: Float64Array }>()
  const taken = new Set(ours.map(({ name }) => name))
  let other = 0
  let bad = 0

  const modelOf = (name: string) =>
    models.getOrInsertComputed(name, () => ({
      name,
      version: 'of a file',
      buildings: new Map(
        windows.flatMap(({ building, issuedAtMs }) =>
          issuedAtMs.length > 0 ? [[building.series.id, createScore()] as const] : [],
        ),
      ),
      overall: createScore(),
      seconds: null,
      peakMemoryMb: null,
      refused: [],
    }))

  const take = async (row: z.infer<typeof rowSchema>): Promise<void> => {
    const { building: id, issuedAtMs, targetMs, quantiles: nine } = row
    // A model of ours that ran elsewhere is not the one that ran here.
    const model = taken.has(row.model) ? `${row.model} (peer)` : row.model
    const building = buildings.get(id)
    const hour = Math.round((targetMs - issuedAtMs) / MS_PER_HOUR)
    if (!building || !asked.get(id)?.has(issuedAtMs) || hour < 0 || hour >= protocol.horizonHours) {
      other += 1
      return
    }
    const key = JSON.stringify([model, id, issuedAtMs])
    const whole = open.getOrInsertComputed(key, () => ({
      left: protocol.horizonHours,
      quantiles: new Float64Array(protocol.horizonHours * 9),
    }))
    whole.quantiles.set(nine, hour * 9)
    whole.left -= 1
    if (whole.left > 0) return
    open.delete(key)
    const truth = truthOf(building, issuedAtMs, protocol)
    const { buildings: scores, overall } = modelOf(model)
    scores.get(id)?.add(whole.quantiles, truth)
    overall.add(whole.quantiles, truth)
    await onForecast?.({ model, building: id, issuedAtMs, quantiles: whole.quantiles, truth })
  }

  const scratchPath = path.join(tmpdir(), `nadi-peers-${randomUUID()}`)
  try {
    await using table = await openTable({ path: file, scratchPath, format: FORMAT, fields: columns.length })
    for await (const rows of table.rows(new AbortController().signal)) {
      for (const { line, cells } of rows) {
        if (line === table.firstLine) continue
        const parsed = rowSchema.safeParse(at.map((index) => cells[index] ?? ''))
        if (parsed.success) await take(parsed.data)
        else bad += 1
      }
    }
  } finally {
    await rm(scratchPath, { force: true })
  }
  const name = path.basename(file)
  return {
    models: [...models.values()],
    findings: [
      ...finding('peer-rows-bad', `rows of ${name} that are no forecast`, bad),
      ...finding('peer-rows-other', `rows of ${name} for days or buildings that are not asked for`, other),
      ...finding('peer-days-cut', `days of ${name} that lack hours: not scored`, open.size),
    ],
  }
}

const finding = (code: string, message: string, count: number): Finding[] =>
  count > 0 ? [{ code, message, count }] : []

const time = z
  .string()
  .transform((text) => Date.parse(text))
  .refine(Number.isFinite)

const rowSchema = z
  .tuple([z.string().min(1), z.string(), time, time])
  .rest(z.string())
  .transform(([model, building, issuedAtMs, targetMs, ...rest]) => ({
    model,
    building,
    issuedAtMs,
    targetMs,
    // Programs that forecast each quantile by itself let them cross: put in order, as is usual and to their advantage.
    quantiles: rest
      .slice(0, 9)
      .map((cell) => (cell === '' ? NaN : Number(cell)))
      .sort((a, b) => a - b),
  }))
  .refine(({ quantiles }) => quantiles.every(Number.isFinite))
