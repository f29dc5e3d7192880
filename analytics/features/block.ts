import { CONTEXT_HOURS, type Context, DEVIATION_HOURS, dayIndex, weekdayOf } from './context.ts'
import { sameHourBefore, usualAt } from './usual.ts'

/**
 * What a model sees of each hour of one block: the 24 hours of the `block`th day ahead (1 = the next 24 hours). Rows are
 * by slot, the local hour of the day, so that issues at any hour line up; `FEATURES` names the columns.
 */
export const HOURS_PER_BLOCK = 24
export const BLOCKS = 7

/** Columns for a linear model: what a line can make use of. */
const LINEAR = [
  'one',
  'weekAgo',
  'twoWeeksAgo',
  'threeWeeksAgo',
  'fourWeeksAgo',
  'sameKindLatest',
  'sameKindSecond',
  'sameKindMean',
  'usual',
  'levelled',
  'newestDay',
  'secondNewestDay',
  'meanOfSevenDays',
  'deviationNewestDay',
  'deviationAround',
  'deviationSecondNewestDay',
  'deviationLastHour',
  'deviationLast3Hours',
  'deviationLast6Hours',
  'deviationLastDay',
  'deviationLastWeek',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
  'working',
  'holiday',
  'holidayYesterday',
  'holidayTomorrow',
  'holidayAWeekAgo',
  'temperature',
  'temperatureChange',
  'temperatureChangeSinceWeekAgo',
  'heatingChangeSinceWeekAgo',
  'coolingChangeSinceWeekAgo',
  'temperatureToCome',
] as const
/** Columns for a network as well. */
const FURTHER = [
  'base',
  'spread',
  'spreadOfTheHour',
  'spreadOfTheDay',
  'spreadOfTheKind',
  'hourSine',
  'hourCosine',
  'twoHoursSine',
  'twoHoursCosine',
  'lead',
  'tomorrow',
  'scaleOverCentre',
  'missingShare',
  'latest',
  'knowsTemperature',
] as const

export const FEATURES: readonly string[] = [...LINEAR, ...FURTHER]
export const LINEAR_FEATURES = LINEAR.length
/** Columns by name, for those who need one of them. */
export const BASE = FEATURES.indexOf('base')
export const SPREAD = FEATURES.indexOf('spread')
export const WORKING = LINEAR.indexOf('working')

/** Position ahead (0 to 23) of each slot in a block issued at this local hour of the day. */
export const positionOfSlot = (slot: number, issueHour: number): number => (slot - issueHour + 24) % 24

/** Local hour of the day at which the context ends. */
export const issueHour = ({ localHours }: Context): number => ((localHours[CONTEXT_HOURS]! % 24) + 24) % 24

/**
 * Writes the 24 rows of a block, `FEATURES.length` columns each, to `out` from `offset` on, by slot. Where a past hour
 * was not measured, the mean of the same hour on days of the same kind stands in.
 */
export const writeBlock = (context: Context, block: number, out: Float32Array, offset: number): void => {
  const shared = sharedOf(context)
  const hour = issueHour(context)
  for (let slot = 0; slot < HOURS_PER_BLOCK; slot += 1)
    writeRow(
      context,
      shared,
      block,
      (block - 1) * 24 + positionOfSlot(slot, hour),
      out,
      offset + slot * FEATURES.length,
    )
}

interface Shared {
  lastHour: number
  last3Hours: number
  last6Hours: number
  lastDay: number
  lastWeek: number
  spreadOfTheDay: number
  spreadOfTheWeek: number
  latest: number
  temperatureLevel: number
  temperatureBefore: number
}

const sharedOf = ({ deviations, values, temperature }: Context): Shared => ({
  lastHour: meanOf(deviations, 167, 168),
  last3Hours: meanOf(deviations, 165, 168),
  last6Hours: meanOf(deviations, 162, 168),
  lastDay: meanOf(deviations, 144, 168),
  lastWeek: meanOf(deviations, 0, 168),
  spreadOfTheDay: meanOf(deviations.map(Math.abs), 144, 168),
  spreadOfTheWeek: meanOf(deviations.map(Math.abs), 0, 168),
  latest: meanOf(values, CONTEXT_HOURS - 1, CONTEXT_HOURS),
  temperatureLevel: temperature ? meanOf(temperature, CONTEXT_HOURS - 24, CONTEXT_HOURS) : 0,
  temperatureBefore: temperature ? meanOf(temperature, CONTEXT_HOURS - 192, CONTEXT_HOURS - 24) : 0,
})

/** Mean of what is known in `[from, to)`; 0 when nothing is. */
const meanOf = (values: Float64Array, from: number, to: number): number => {
  let sum = 0
  let count = 0
  for (let i = from; i < to; i += 1) {
    const value = values[i]!
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

const HEATING_BELOW_CELSIUS = 15
const COOLING_ABOVE_CELSIUS = 18

const writeRow = (
  context: Context,
  shared: Shared,
  block: number,
  ahead: number,
  out: Float32Array,
  at: number,
): void => {
  const { localHours, holidays, working, values, deviations } = context
  const target = localHours[CONTEXT_HOURS + ahead]!
  const day = Math.floor(target / 24)
  const today = dayIndex(context, day)
  const weekday = weekdayOf(day)

  const indexBefore = (days: number): number => sameHourBefore(localHours, CONTEXT_HOURS + ahead, days)
  const before = (days: number): number => {
    const i = indexBefore(days)
    return i < 0 || i >= CONTEXT_HOURS ? NaN : values[i]!
  }
  const deviationAt = (i: number): number => deviations[i - CONTEXT_HOURS + DEVIATION_HOURS] ?? NaN

  const kind = sameKind(context, before, block, today)
  const orKind = (value: number): number => (Number.isNaN(value) ? kind.mean : value)
  const weekly = [7, 14, 21, 28].map((days) => before(days))
  const usual = orKind(usualAt(context, CONTEXT_HOURS + ahead))
  const levelled = (context.level * (context.centre + context.scale * usual) - context.centre) / context.scale
  let ofSevenDays = 0
  let sevenDays = 0
  let hourSpread = 0
  let hourSpreadCount = 0
  for (let days = block; days < block + 7; days += 1) {
    const value = before(days)
    if (!Number.isNaN(value)) {
      ofSevenDays += value
      sevenDays += 1
    }
    const deviation = deviationAt(indexBefore(days))
    if (!Number.isNaN(deviation)) {
      hourSpread += Math.abs(deviation)
      hourSpreadCount += 1
    }
  }
  const spreadOfTheHour = hourSpreadCount === 0 ? shared.spreadOfTheWeek : hourSpread / hourSpreadCount
  const newest = indexBefore(block)
  const hourAngle = (2 * Math.PI * target) / 24

  let column = at
  const put = (value: number): void => {
    out[column] = value
    column += 1
  }
  put(1)
  for (const value of weekly) put(orKind(value))
  put(kind.latest)
  put(kind.second)
  put(kind.mean)
  put(usual)
  put(levelled)
  put(orKind(before(block)))
  put(orKind(before(block + 1)))
  put(sevenDays === 0 ? kind.mean : ofSevenDays / sevenDays)
  put(orZero(deviationAt(newest)))
  put(orZero(meanKnown([-2, -1, 1, 2].map((hours) => deviationAt(newest + hours)))))
  put(orZero(deviationAt(indexBefore(block + 1))))
  put(shared.lastHour * Math.exp(-ahead / 3))
  put(shared.last3Hours * Math.exp(-ahead / 6))
  put(shared.last6Hours * Math.exp(-ahead / 12))
  put(shared.lastDay)
  put(shared.lastWeek)
  for (let other = 1; other <= 6; other += 1) put(weekday === other ? 1 : 0)
  put(working[today]!)
  put(holidays[today]!)
  put(holidays[today - 1]!)
  put(holidays[today + 1]!)
  put(holidays[today - 7]!)
  column = putTemperature(context, shared, ahead, indexBefore(7), out, column)

  put(levelled)
  put(Math.min(3, Math.max(0.03, 0.5 * shared.spreadOfTheWeek + 0.5 * spreadOfTheHour)))
  put(spreadOfTheHour)
  put(shared.spreadOfTheDay)
  put(kind.spread)
  put(Math.sin(hourAngle))
  put(Math.cos(hourAngle))
  put(Math.sin(2 * hourAngle))
  put(Math.cos(2 * hourAngle))
  put(ahead / 168)
  put(block === 1 ? 1 : 0)
  put(Math.min(3, context.scale / Math.max(Math.abs(context.centre), 0.1 * context.scale)))
  put(context.missingShare)
  put(shared.latest)
  put(context.temperature ? 1 : 0)
}

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value)

const meanKnown = (values: readonly number[]): number => {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return count === 0 ? NaN : sum / count
}

const MOST_OF_A_KIND = 8

/** The same hour on the newest days of the target day's kind; on any day where that kind was never measured. */
const sameKind = (
  { working }: Context,
  before: (days: number) => number,
  block: number,
  today: number,
): { latest: number; second: number; mean: number; spread: number } => {
  const found: number[] = []
  for (let days = block; days <= 28 && found.length < MOST_OF_A_KIND; days += 1) {
    if (working[today - days] !== working[today]) continue
    const value = before(days)
    if (!Number.isNaN(value)) found.push(value)
  }
  for (let days = block; found.length === 0 && days <= 28; days += 1) {
    const value = before(days)
    if (!Number.isNaN(value)) found.push(value)
  }
  if (found.length === 0) return { latest: 0, second: 0, mean: 0, spread: 0 }
  let mean = 0
  for (const value of found) mean += value / found.length
  let spread = 0
  for (const value of found) spread += Math.abs(value - mean) / found.length
  return { latest: found[0]!, second: found[1] ?? mean, mean, spread }
}

/**
 * Six columns. What is to come is the temperature ahead where it is given, and that of the same hour of the last day
 * otherwise.
 */
const putTemperature = (
  { temperature, futureTemperature }: Context,
  shared: Shared,
  ahead: number,
  weekAgo: number,
  out: Float32Array,
  column: number,
): number => {
  if (temperature === undefined) {
    out.fill(0, column, column + 6)
    return column + 6
  }
  const given = temperature[CONTEXT_HOURS + ahead]!
  const lastDay = temperature[CONTEXT_HOURS - 24 + (ahead % 24)]!
  const known = futureTemperature && !Number.isNaN(given)
  const toCome = known ? given : Number.isNaN(lastDay) ? shared.temperatureLevel : lastDay
  const then = weekAgo < 0 || weekAgo >= CONTEXT_HOURS ? NaN : temperature[weekAgo]!
  const past = Number.isNaN(then) ? shared.temperatureBefore : then
  const heating = (celsius: number): number => Math.max(0, HEATING_BELOW_CELSIUS - celsius) / 10
  const cooling = (celsius: number): number => Math.max(0, celsius - COOLING_ABOVE_CELSIUS) / 10
  out[column] = (shared.temperatureLevel - 15) / 10
  out[column + 1] = (shared.temperatureLevel - shared.temperatureBefore) / 10
  out[column + 2] = (toCome - past) / 10
  out[column + 3] = heating(toCome) - heating(past)
  out[column + 4] = cooling(toCome) - cooling(past)
  out[column + 5] = known ? (given - shared.temperatureLevel) / 10 : 0
  return column + 6
}
