import type { Point } from '../../city/observation.ts'

/**
 * Every name in the database, and the text that speaks of them.
 *
 * | Measurement    | Retention policy         | Point                          | Fields                                     |
 * | -------------- | ------------------------ | ------------------------------ | ------------------------------------------ |
 * | `observations` | the database's default   | one observation                | `value`                                    |
 * | `hours`        | `rollup`, for ever       | one UTC hour, at its beginning | what it adds up to; `dirty` while it heals |
 * | `extent`       | `rollup`, for ever       | one a series, at time 0        | `rolled_ms`: hours before it are summed up |
 * | `horizon`      | `rollup`, for ever       | one, at time 0                 | `horizon_ms`: hours alone before it        |
 *
 * The one tag is `ds`, the Datastream's number in the catalogue: there are three series a Datastream, and no text
 * from outside reaches the server. Every field is a float, so none of ours can be of another type than before.
 */
export const OBSERVATIONS = 'observations'
export const HOURS = 'hours'
export const EXTENT = 'extent'
export const HORIZON = 'horizon'
export const ROLLUP_POLICY = 'rollup'

/** One line of line protocol; the time is in milliseconds. */
export const pointLine = ({ datastreamId, timeMs, value }: Point): string =>
  // -0 is 0, as in the embedded store.
  `${OBSERVATIONS},ds=${whole(datastreamId)} value=${value + 0} ${whole(timeMs)}`

/** A line of one of the rollup's measurements. */
export const rollupLine = (
  measurement: typeof HOURS | typeof EXTENT,
  datastreamId: number,
  timeMs: number,
  fields: Readonly<Record<string, number>>,
): string =>
  `${measurement},ds=${whole(datastreamId)} ${Object.entries(fields)
    .map(([name, value]) => `${name}=${value + 0}`)
    .join(',')} ${whole(timeMs)}`

/** The line of the horizon; no tag. */
export const horizonLine = (horizonMs: number): string => `${HORIZON} horizon_ms=${whole(horizonMs)} 0`

/** `where` of one Datastream's times, from whole numbers only. */
export const whereTimes = (datastreamId: number, fromMs: number, toMs: number): string =>
  `ds = '${whole(datastreamId)}' and time >= ${whole(fromMs)}ms and time < ${whole(toMs)}ms`

/** `where` of several Datastreams. */
export const whereAny = (datastreamIds: readonly number[]): string =>
  `ds =~ /^(${datastreamIds.map(whole).join('|')})$/`

/** A whole number as a literal of line protocol and InfluxQL. */
export const whole = (value: number): string => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`)
  return String(value)
}
