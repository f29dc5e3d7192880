/**
 * The past of a series by index, from which follows what its week usually looks like: the plain
 * forecast that the models begin at.
 */
export interface Past {
  /** `(value - centre) / scale`, NaN = not measured, up to the issue time. */
  values: Float64Array
  /** Local hour since 1970 of each index, those of the hours ahead included. */
  localHours: Int32Array
  /** By local day from `firstDay` on: 1 = neither Saturday, Sunday nor a holiday. */
  working: Uint8Array
  /** Local day since 1970. */
  firstDay: number
}

/** Index of the same local hour `days` days before index `i`; a change of the clocks between shifts it. */
export const sameHourBefore = (localHours: Int32Array, i: number, days: number): number => {
  const back = i - 24 * days
  return back < 0 ? back : back + (localHours[i]! - 24 * days - localHours[back]!)
}

const MOST_WEEKS = 8
/** What a week counts of the week after it. */
const WEEK_FADES = 0.8
const MOST_DAYS_OF_A_KIND = 8
const FARTHEST_DAY_OF_A_KIND = 28
/** What a day of the same kind counts of the next newer one. */
const DAY_FADES = 0.9
/** Share of the same weekday beside that of all days of the kind. */
const WEEKLY_SHARE = 0.7

/**
 * The usual value at index `i`: the same hour of the weeks before and of the newest days of the same kind (working or
 * not), the newer the more. NaN where no such hour was measured.
 */
export const usualAt = ({ values, localHours, working, firstDay }: Past, i: number): number => {
  const today = Math.floor(localHours[i]! / 24) - firstDay
  const before = (days: number): number =>
    working[today - days] === working[today] ? (values[sameHourBefore(localHours, i, days)] ?? NaN) : NaN
  let weekly = 0
  let weeks = 0
  for (let week = 1, weight = 1; week <= MOST_WEEKS; week += 1, weight *= WEEK_FADES) {
    const value = before(7 * week)
    if (Number.isNaN(value)) continue
    weekly += weight * value
    weeks += weight
  }
  let ofKind = 0
  let days = 0
  for (
    let day = 1, count = 0, weight = 1;
    day <= FARTHEST_DAY_OF_A_KIND && count < MOST_DAYS_OF_A_KIND;
    day += 1
  ) {
    const value = before(day)
    if (Number.isNaN(value)) continue
    ofKind += weight * value
    days += weight
    count += 1
    weight *= DAY_FADES
  }
  if (weeks === 0) return ofKind / days
  // Days of a kind reach less far than weeks.
  if (days === 0) return weekly / weeks
  return (WEEKLY_SHARE * weekly) / weeks + ((1 - WEEKLY_SHARE) * ofKind) / days
}

/** What a day counts of the day after it. */
const LEVEL_FADES = 0.7
/** So many hours at the usual level are added, so that a few hours alone say little. */
const SHRINKING_HOURS = 12
const LOWEST_LEVEL = 0.25
const HIGHEST_LEVEL = 4

/**
 * How high the newest hours stood, as a share of the usual: `values` and `usual` are of the same hours, oldest first,
 * in units where `centre + scale x value` is the unit of the series.
 */
export const levelOf = (
  values: Float64Array,
  usual: Float64Array,
  { centre, scale }: { centre: number; scale: number },
): number => {
  let came = 0
  let expected = 0
  let sum = 0
  let count = 0
  for (let i = 0; i < values.length; i += 1) {
    const deviation = values[i]! - usual[i]!
    if (Number.isNaN(deviation)) continue
    const weight = LEVEL_FADES ** ((values.length - 1 - i) / 24)
    const ordinary = centre + scale * usual[i]!
    came += weight * (ordinary + scale * deviation)
    expected += weight * ordinary
    sum += ordinary
    count += 1
  }
  const shrinking = count === 0 ? 0 : (SHRINKING_HOURS * sum) / count
  if (expected + shrinking <= 0) return 1
  return Math.min(HIGHEST_LEVEL, Math.max(LOWEST_LEVEL, (came + shrinking) / (expected + shrinking)))
}
