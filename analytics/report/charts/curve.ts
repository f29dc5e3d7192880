import type { IssuedForecast } from '../../backtest/backtest.ts'
import { MS_PER_HOUR } from '../../series.ts'
import { axis, drawSvg, INK, type Size } from '../draw.ts'

/**
 * Forecasts one after the other with their 50 and 80 % intervals, and what came. Hours stand at the place of the file's
 * local time.
 */
export const curve = (
  forecasts: readonly IssuedForecast[],
  { timeZone, unit, size = { width: 1040, height: 230 } }: { timeZone: string; unit: string; size?: Size },
): string => {
  const hours = forecasts.flatMap(({ issuedAtMs, quantiles, truth }) =>
    Array.from(truth, (value, hour) => ({
      timeMs: issuedAtMs + hour * MS_PER_HOUR,
      q: quantiles.subarray(hour * 9, hour * 9 + 9),
      value,
    })),
  )
  const labels = hours.map(({ timeMs }) => labelOf(timeMs, timeZone))
  const row = (value: (hour: (typeof hours)[number]) => number) =>
    hours.map((hour) => {
      const found = value(hour)
      return Number.isNaN(found) ? null : found
    })
  const at = ({ q }: (typeof hours)[number], index: number): number => q[index] ?? NaN
  const quarter = (hour: (typeof hours)[number]): number => (at(hour, 1) + at(hour, 2)) / 2
  const threeQuarters = (hour: (typeof hours)[number]): number => (at(hour, 6) + at(hour, 7)) / 2
  const line = { type: 'line', symbol: 'none', silent: true }
  const band = (color: string, values: (number | null)[], stack: string) => ({
    ...line,
    stack,
    lineStyle: { width: 0, color },
    areaStyle: { color, opacity: 1 },
    data: values,
  })
  const under = (values: (number | null)[], stack: string) => ({
    ...line,
    stack,
    lineStyle: { width: 0, color: INK.sheet },
    data: values,
  })
  return drawSvg(
    {
      grid: { left: 52, right: 12, top: 30, bottom: 28 },
      xAxis: axis('', {
        type: 'category',
        data: labels,
        boundaryGap: false,
        splitLine: { show: false },
        axisLabel: {
          color: INK.soft,
          fontSize: 12,
          interval: (index: number) => labels[index]?.endsWith(hours.length > 48 ? ' 00:00' : ':00') ?? false,
          formatter: (label: string) => (hours.length > 48 ? label.slice(0, 10) : hourOnly(label)),
        },
      }),
      yAxis: axis(unit, { min: 0, nameTextStyle: { color: INK.soft, align: 'left' }, splitNumber: 4 }),
      series: [
        under(
          row((hour) => at(hour, 0)),
          'eighty',
        ),
        band(
          INK.band,
          row((hour) => at(hour, 8) - at(hour, 0)),
          'eighty',
        ),
        under(row(quarter), 'fifty'),
        band(
          INK.band2,
          row((hour) => threeQuarters(hour) - quarter(hour)),
          'fifty',
        ),
        { ...line, lineStyle: { color: INK.model0, width: 2 }, data: row((hour) => at(hour, 4)), z: 3 },
        {
          ...line,
          lineStyle: { color: INK.ink, width: 1.5 },
          symbol: 'circle',
          showSymbol: hours.length <= 48,
          symbolSize: 5,
          itemStyle: { color: INK.ink },
          data: row(({ value }) => value),
          z: 4,
        },
      ],
    },
    size,
  )
}

const labelOf = (timeMs: number, timeZone: string): string => {
  const local = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone)
  return `${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'minute' })}`
}

/** Every third hour, as there is no room for all. */
const hourOnly = (label: string): string => {
  const hour = Number(label.slice(11, 13))
  return hour % 3 === 0 ? label.slice(11) : ''
}
