import { axis, drawSvg, INK, lookOf } from '../draw.ts'
import type { ReportModel } from '../reportModels.ts'

/** One row a model, one mark a building: the share of hours inside the 80 % interval. Shaded: 70 to 90 %. */
export const coverage = (models: readonly ReportModel[]): string => {
  const names = models.map(({ name }) => name)
  return drawSvg(
    {
      grid: {
        left: 16,
        right: 24,
        top: 16,
        bottom: 48,
        outerBoundsMode: 'same',
        outerBoundsContain: 'axisLabel',
      },
      xAxis: axis('hours inside the 80 % interval, by building, %', {
        min: 0,
        max: 100,
        nameLocation: 'middle',
        nameGap: 30,
      }),
      yAxis: axis('', { type: 'category', data: names, inverse: true, splitLine: { show: false } }),
      series: models.map(({ name, place, buildings }, at) => {
        const { color } = lookOf(place)
        return {
          name,
          type: 'scatter',
          symbol: 'rect',
          symbolSize: [2.5, 24],
          itemStyle: { color, opacity: 0.6 },
          data: [...buildings.values()].flatMap(({ coverage80 }) =>
            coverage80 === null ? [] : [[100 * coverage80, name]],
          ),
          ...(at === 0 && {
            markArea: {
              silent: true,
              itemStyle: { color: INK.band, opacity: 0.55 },
              data: [[{ xAxis: 70 }, { xAxis: 90 }]],
            },
            markLine: {
              silent: true,
              symbol: 'none',
              label: { show: false },
              lineStyle: { color: INK.ink, type: 'solid', width: 1 },
              data: [{ xAxis: 80 }],
            },
          }),
        }
      }),
    },
    { width: 520, height: Math.max(300, 80 + 52 * models.length) },
  )
}
