import { accessOfParts } from '../../../city/disclosure.ts'
import { isBuildingLevel } from '../../../city/names.ts'
import { QUALITY_KINDS, type QualityKind } from '../../../city/quality/finding.ts'
import type { Datastream } from '../../../store/catalogue/catalogue.ts'
import type { StoredFinding } from '../../../store/quality.ts'
import type { BuildingView as KnownBuilding, DisclosedNow } from '../../buildings.ts'
import type { ApiContext } from '../../context.ts'
import type { Doubt, DoubtPlace } from '../view.ts'
import { IKE_DAYS } from './ike.ts'
import { metersOf } from './meters.ts'
import { PAGE_ROLE } from './readings.ts'
import { daysBefore, twoDays } from './store.ts'

/** Findings that one place of the page tells at most. */
const MOST_TOLD = 6

const NUMBERS = [
  ['people', 'occupancy'],
  ['temperature', 'temperature'],
  ['co2', 'co2'],
  ['power', 'power'],
] as const

/** What makes a month's consumption doubtful; hours without data are said by its measured share. */
const AMOUNT_KINDS: readonly QualityKind[] = [
  'counter-reset',
  'counter-rollover',
  'impossible-jump',
  'stuck-value',
]
const NOT_SILENCE = QUALITY_KINDS.filter((kind) => kind !== 'silence')

/**
 * The flagged readings that what a building's page shows rests on: the newest reading of each number, today's of each
 * chart, a month's of the energy class. Silence is told where no age stands beside the number, of the electricity.
 * Where a number is put together from parts, how many of them are doubtful is told, not which or when.
 */
export const readDoubts = (
  context: Pick<ApiContext, 'catalogue' | 'quality'>,
  building: Pick<KnownBuilding, 'id' | 'timeZone'>,
  { now, nowMs }: { now: Readonly<Record<string, DisclosedNow>>; nowMs: number },
): Doubt[] => {
  const { catalogue, quality } = context
  const { id, timeZone } = building
  const { todayMs } = twoDays(nowMs, timeZone)
  const meters = metersOf(context, id)
  const own = (property: string): Datastream | undefined => catalogue.datastreams.find(`${id}/${property}`)

  const numbers = NUMBERS.flatMap(([place, property]) => {
    const shownMs = now[property]?.timeMs ?? null
    if (shownMs === null) return []
    const mine = own(property)
    const datastreams = mine
      ? [mine]
      : catalogue.datastreams.list(id).filter((datastream) => datastream.property === property)
    const [first] = datastreams
    if (!first || accessOfParts(PAGE_ROLE, first, mine ? null : datastreams.length) === 'none') return []
    return doubtsOf(place, datastreams, findingsOf(datastreams, shownMs, FOREVER_MS))
  })
  const counted = own('occupancy')
  const people = counted ? [counted] : []
  const monthMs = daysBefore(todayMs, timeZone, IKE_DAYS)
  // Hours that are over stand hatched where nothing came; that it goes on is news.
  const silent = findingsOf(meters, nowMs, nowMs, ['silence']).filter(({ toMs }) => toMs === null)
  return [
    ...numbers,
    ...doubtsOf('peopleDay', people, findingsOf(people, todayMs, nowMs)).filter(isNotTold),
    ...doubtsOf('energy', meters, [...silent, ...findingsOf(meters, todayMs, nowMs)]),
    ...doubtsOf('class', meters, findingsOf(meters, monthMs, todayMs, AMOUNT_KINDS)),
  ]

  function isNotTold({ finding }: Doubt): boolean {
    return !numbers.some(
      (told) =>
        told.place === 'people' &&
        told.finding?.kind === finding?.kind &&
        told.finding?.fromMs === finding?.fromMs,
    )
  }

  function findingsOf(
    datastreams: readonly Datastream[],
    fromMs: number,
    toMs: number,
    kinds: readonly QualityKind[] = NOT_SILENCE,
  ): StoredFinding[] {
    if (datastreams.length === 0) return []
    const datastreamIds = datastreams.map((datastream) => datastream.id)
    return quality.find({ datastreamIds, kinds, fromMs, toMs, limit: MOST_READ })
  }
}

const FOREVER_MS = 8_640_000_000_000_000
const MOST_READ = 200

const doubtsOf = (
  place: DoubtPlace,
  datastreams: readonly Datastream[],
  found: readonly StoredFinding[],
): Doubt[] => {
  if (found.length === 0) return []
  if (datastreams.every(({ path }) => isBuildingLevel(path))) {
    return found
      .slice(0, MOST_TOLD)
      .map(({ kind, fromMs, toMs }) => ({ place, parts: 0, finding: { kind, fromMs, toMs } }))
  }
  return [{ place, parts: new Set(found.map(({ datastreamId }) => datastreamId)).size, finding: null }]
}
