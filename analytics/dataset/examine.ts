import type { Finding } from '../../store/table/findings.ts'
import type { CleanSeries } from './clean.ts'

/** A gap that a person should know of. */
const LONG_GAP_HOURS = 48
/** A series that was cut at a limit has its greatest value many times, far above its mean. */
const CLIPPED = { times: 5, timesMean: 5 }
/** Fewer hours than this carry no forecast that is held against a truth. */
export const LEAST_HOURS = 14 * 24

/** What a person should know of one series, said with what was done about it. */
export const examine = (cleaned: CleanSeries): Finding[] => {
  const { series, truth, zeroRuns, negatives, spikes } = cleaned
  const findings: Finding[] = []
  const find = (code: string, message: string, count: number): void => {
    findings.push({ code, series: series.id, message, count })
  }
  const measured = truth.filter((value) => !Number.isNaN(value))
  if (negatives > 0) {
    find('negative', 'hours below zero count as missing: what is fed back is not forecast', negatives)
  }
  if (zeroRuns.length > 0) {
    const hours = zeroRuns.map(({ from, to }) => to - from)
    const sum = hours.reduce((total, length) => total + length, 0)
    find(
      'zero-run',
      `runs of zeros, ${sum} hours in all, the longest ${Math.max(...hours)}: they count as missing`,
      zeroRuns.length,
    )
  }
  if (spikes > 0) {
    const greatest = measured.reduce((most, value) => Math.max(most, value), 0)
    find(
      'spikes',
      `hours above 20 times what is usual (up to ${Number(greatest.toPrecision(4))}): models do not see them, the truth keeps them`,
      spikes,
    )
  }
  if (measured.length === 0) {
    find('all-missing', 'not one measured hour: left out', truth.length)
    return findings
  }
  if (measured.length < LEAST_HOURS) {
    find(
      'too-short',
      `${measured.length} measured hours: at least two weeks are needed. Left out`,
      measured.length,
    )
    return findings
  }
  const [first] = measured
  if (measured.every((value) => value === first)) {
    find('constant', `every hour is ${first}: is the meter stuck? Its error says nothing`, measured.length)
    return findings
  }
  const gaps = gapsOf(truth)
  if (gaps.count > 0) {
    find('gaps', `gaps of more than ${LONG_GAP_HOURS} hours, the longest ${gaps.longest} hours`, gaps.count)
  }
  const clipped = clippedAt(measured)
  if (clipped) {
    find(
      'clipped',
      `the greatest value, ${clipped.max}, comes ${clipped.times} times: cut at a limit?`,
      clipped.times,
    )
  }
  return findings
}

const gapsOf = (values: Float64Array): { count: number; longest: number } => {
  let longest = 0
  let count = 0
  let length = 0
  for (const value of values) {
    length = Number.isNaN(value) ? length + 1 : 0
    if (length === LONG_GAP_HOURS + 1) count += 1
    longest = Math.max(longest, length)
  }
  return { count, longest }
}

const clippedAt = (measured: Float64Array): { max: number; times: number } | undefined => {
  const max = measured.reduce((most, value) => Math.max(most, value), 0)
  const mean = measured.reduce((sum, value) => sum + value, 0) / measured.length
  const times = measured.reduce((count, value) => count + (value === max ? 1 : 0), 0)
  return times >= CLIPPED.times && max > CLIPPED.timesMean * mean ? { max, times } : undefined
}
