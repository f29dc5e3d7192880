import { axis, drawSvg, INK, legendAbove, lookOf } from '../draw.ts'
import type { ReportModel } from '../reportModels.ts'
import { QUANTILES } from '../../../store/forecasts.ts'

const WIDTH_PX = 480

/** How often the truth lay at or below each quantile. On the diagonal a quantile means what it says. */
export const reliability = (models: readonly ReportModel[]): string => {
  const share = (name: string) =>
    axis(name, {
      min: 0,
      max: 100,
      interval: 20,
      nameLocation: 'middle',
      nameGap: 32,
    })
  const { legend, heightPx } = legendAbove(
    models.map(({ name }) => name),
    WIDTH_PX,
  )
  return drawSvg(
    {
      grid: { left: 56, right: 20, top: heightPx + 28, bottom: 52 },
      legend,
      xAxis: share('quantile, %'),
      yAxis: share('truth at or below it, %'),
      series: [
        {
          type: 'line',
          silent: true,
          symbol: 'none',
          lineStyle: { color: INK.soft, width: 1, type: [4, 4] },
          data: [
            [0, 0],
            [100, 100],
          ],
        },
        ...models.map(({ name, place, observed }) => {
          const { color, symbol, dash } = lookOf(place)
          return {
            name,
            type: 'line',
            symbol,
            symbolSize: 8,
            itemStyle: { color },
            lineStyle: { color, width: place === 0 ? 3 : 1.75, type: dash },
            z: place === 0 ? 3 : 2,
            data: QUANTILES.map((level, q) => [100 * level, 100 * (observed[q] ?? NaN)]),
          }
        }),
      ],
    },
    { width: WIDTH_PX, height: 396 + heightPx },
  )
}
