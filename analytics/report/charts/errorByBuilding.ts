import { axis, drawSvg, INK, legendAbove, lookOf } from '../draw.ts'
import type { ReportModel } from '../reportModels.ts'

const WIDTH_PX = 520

/** Errors this many times the middle one are drawn at the edge: one broken meter must not flatten all others. */
const DRAWN_TIMES_MEDIAN = 5
/** The edge of the picture is a multiple of so many per cent. */
const EDGE_STEP = 20

/** The nrmse of each building by each model, buildings in the order of the first model's error. */
export const errorByBuilding = (models: readonly ReportModel[]): { svg: string; cut: number } => {
  const [first] = models
  const order = [...(first?.buildings ?? [])]
    .flatMap(([id, { nrmse }]) => (nrmse === null ? [] : [{ id, nrmse }]))
    .sort((a, b) => a.nrmse - b.nrmse)
  const middle = order[Math.floor(order.length / 2)]?.nrmse ?? 1
  const top = EDGE_STEP * Math.ceil((DRAWN_TIMES_MEDIAN * middle) / EDGE_STEP)
  const points = models.map((model) =>
    order.flatMap(({ id }, at) => {
      const nrmse = model.buildings.get(id)?.nrmse ?? null
      return nrmse === null ? [] : [[at + 1, nrmse] as const]
    }),
  )
  const greatest = Math.max(...points.flat().map(([, nrmse]) => nrmse))
  const max = Math.min(top, greatest)
  const cut = points.flat().filter(([, nrmse]) => nrmse > max).length
  const { legend, heightPx } = legendAbove(
    models.map(({ name }) => name),
    WIDTH_PX,
  )
  const svg = drawSvg(
    {
      grid: { left: 48, right: 16, top: heightPx + 34, bottom: 44 },
      legend: { ...legend, itemWidth: 12, itemHeight: 12 },
      xAxis: axis(`buildings, by the error of ${first?.name ?? ''}`, {
        min: 0,
        max: order.length + 1,
        nameLocation: 'middle',
        nameGap: 28,
        minInterval: 1,
        splitLine: { show: false },
        axisLabel: { color: INK.soft, fontSize: 12, showMaxLabel: false },
      }),
      yAxis: axis('nrmse, %', {
        min: 0,
        ...(cut > 0 && { max }),
        nameTextStyle: { color: INK.soft, align: 'left' },
      }),
      series: models.map(({ name, place }, at) => {
        const { color, symbol } = lookOf(place)
        return {
          name,
          type: 'scatter',
          symbol,
          symbolSize: place === 0 ? 7 : 5,
          itemStyle: { color, opacity: place === 0 ? 1 : 0.75 },
          z: place === 0 ? 3 : 2,
          data: (points[at] ?? []).map(([x, nrmse]) => [x, Math.min(nrmse, max)]),
        }
      }),
    },
    { width: WIDTH_PX, height: 358 + heightPx },
  )
  return { svg, cut }
}
