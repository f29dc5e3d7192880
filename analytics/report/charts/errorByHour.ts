import { axis, drawSvg, INK, legendAbove, lookOf } from '../draw.ts'
import type { ReportModel } from '../reportModels.ts'

const WIDTH_PX = 520

/** Mean absolute error at each hour ahead, per cent of the building's mean, the median over buildings. */
export const errorByHour = (models: readonly ReportModel[]): string => {
  const { legend, heightPx } = legendAbove(
    models.map(({ name }) => name),
    WIDTH_PX,
  )
  return drawSvg(
    {
      grid: { left: 48, right: 16, top: heightPx + 34, bottom: 44 },
      legend,
      xAxis: axis('hours ahead', {
        min: 1,
        max: models[0]?.errorByHour.length ?? 24,
        nameLocation: 'middle',
        nameGap: 28,
        splitLine: { show: false },
      }),
      yAxis: axis('% of mean', { min: 0, nameTextStyle: { color: INK.soft, align: 'left' } }),
      series: models.map(({ name, place, errorByHour: errors }) => {
        const { color, symbol, dash } = lookOf(place)
        return {
          name,
          type: 'line',
          symbol,
          symbolSize: 6,
          itemStyle: { color },
          lineStyle: { color, width: place === 0 ? 3 : 1.75, type: dash },
          z: place === 0 ? 3 : 2,
          // An hour that was never measured parts the line.
          data: errors.map((error, hour) => [hour + 1, error]),
        }
      }),
    },
    { width: WIDTH_PX, height: 358 + heightPx },
  )
}
