import { acceptReading } from '../city/accept.ts'
import type { Reading } from '../city/observation.ts'
import { decodePack } from '../city/senml.ts'
import type { DatastreamTable } from '../store/catalogue/catalogue.ts'
import type { NewDatastreams } from './newDatastreams.ts'
import type { PackSources } from './sourceClaims.ts'
import { unitConflict } from './unitConflict.ts'

/** What a pack of observations holds: readings to store, and records to quarantine, each as a pack of its own. */
export interface JudgedPack {
  readings: Reading[]
  /** Where in the pack each reading stood. */
  positions: number[]
  /** Those of Datastreams that are not there yet. */
  fresh: Reading[]
  /** Datastreams of readings that no birth declared. */
  undeclared: string[]
  wrong: readonly WrongRecords[]
  /** How many records were of another building than the device's. */
  foreign: number
}

export interface WrongRecords {
  reason: string
  payload: string
}

/** Whose pack it is and when it came. */
export interface PackContext {
  building: string
  arrivalMs: number
  datastreams: Pick<DatastreamTable, 'find'>
  news: Pick<NewDatastreams, 'sent'>
  /** Of a gateway's message: keeps its Datastreams to their topics. */
  sources?: PackSources | undefined
  /** The wrong records by their positions, as they are to be kept. */
  wrongOf: (reasons: ReadonlyMap<number, string>) => readonly WrongRecords[]
}

/** Judges a payload on the topic `observations`: what it holds, or why it cannot be understood. Never throws. */
export const judgePack = (payload: Uint8Array, context: PackContext): JudgedPack | { reason: string } => {
  const { building, arrivalMs, sources, wrongOf } = context
  const pack = decodePack(payload, arrivalMs)
  if (!pack.ok) return pack
  const rules = { arrivalMs, building }
  const readings: Reading[] = []
  const positions: number[] = []
  const fresh: Reading[] = []
  const undeclared: string[] = []
  let reasons: Map<number, string> | undefined
  let foreign = 0
  for (const record of pack.records) {
    const accepted = acceptReading(record, rules)
    const { reading } = accepted
    const reason =
      reading === undefined
        ? accepted.reason
        : (sources?.refusal(reading.datastream, record.index) ??
          refusalOf(reading, { fresh, undeclared }, context))
    if (reading !== undefined && reason === undefined) {
      sources?.taken(reading.datastream, record.index)
      readings.push(reading)
      positions.push(record.index)
    } else {
      reasons ??= new Map()
      reasons.set(record.index, reason ?? '')
      if (accepted.foreign) foreign += 1
    }
  }
  if (pack.problems.length > 0) {
    reasons ??= new Map()
    for (const { index, reason } of pack.problems) reasons.set(index, reason)
  }
  const wrong = reasons === undefined ? NOTHING : wrongOf(reasons)
  return { readings, positions, fresh, undeclared, wrong, foreign }
}

const NOTHING: readonly WrongRecords[] = []

/** Why a reading is not taken although it is one; notes those whose Datastream is to be made. */
const refusalOf = (
  reading: Reading,
  { fresh, undeclared }: Pick<JudgedPack, 'fresh' | 'undeclared'>,
  { datastreams, news }: Pick<PackContext, 'datastreams' | 'news'>,
): string | undefined => {
  const { datastream, unit } = reading
  const known = datastreams.find(datastream)
  if (known !== undefined) {
    if (known.undeclared) undeclared.push(datastream)
    return unit === undefined ? undefined : unitConflict(datastream, unit, known.unit)
  }
  const reason = news.sent(datastream, unit)
  if (reason === undefined) {
    fresh.push(reading)
    undeclared.push(datastream)
  }
  return reason
}
