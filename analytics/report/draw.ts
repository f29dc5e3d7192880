import { LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

/**
 * Charts as SVG text, drawn on the server by ECharts; the page needs no script. ECharts wants real colours, so each is
 * drawn as one that nothing else has and becomes a custom property of the page's style afterwards: one drawing serves
 * both colour schemes.
 */
export const INK = {
  ink: '#010203',
  soft: '#010204',
  line: '#010205',
  sheet: '#010206',
  band: '#010207',
  band2: '#010208',
  model0: '#010210',
  model1: '#010211',
  model2: '#010212',
  model3: '#010213',
  model4: '#010214',
  model5: '#010215',
  model6: '#010216',
  model7: '#010217',
} as const

const MODEL_INKS = [
  INK.model0,
  INK.model1,
  INK.model2,
  INK.model3,
  INK.model4,
  INK.model5,
  INK.model6,
  INK.model7,
] as const
const SYMBOLS = ['circle', 'diamond', 'triangle', 'rect', 'roundRect'] as const
const DASHES = ['solid', [6, 3], [2, 3], [10, 3, 2, 3]] as const

/** Which of the page's model colours the model at a place has: 0 is the first one's alone. */
export const inkOf = (place: number): number =>
  place === 0 ? 0 : 1 + ((place - 1) % (MODEL_INKS.length - 1))

/**
 * How the model at a place of the report looks in every chart: colour, and what tells it apart without colour.
 */
export const lookOf = (place: number) => ({
  color: MODEL_INKS[inkOf(place)] ?? INK.model0,
  symbol: SYMBOLS[place % SYMBOLS.length] ?? 'circle',
  dash: DASHES[place % DASHES.length] ?? 'solid',
})

export const FONT = 'system-ui, sans-serif'
const TEXT = { color: INK.soft, fontFamily: FONT, fontSize: 12 }

/** Axis settings that all charts share. */
export const axis = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'value',
  name,
  nameTextStyle: { ...TEXT, color: INK.soft },
  axisLine: { show: true, lineStyle: { color: INK.line } },
  axisTick: { show: false },
  axisLabel: TEXT,
  splitLine: { lineStyle: { color: INK.line, opacity: 0.6 } },
  ...more,
})

const LEGEND = { itemWidth: 22, itemGap: 16, rowPx: 28, letterPx: 6.6 }

/**
 * The names of the models above a chart of that width, and how high they stand (px): they break into as many rows as
 * they need, and the chart begins below.
 */
export const legendAbove = (names: readonly string[], widthPx: number) => {
  let rows = 1
  let usedPx = 0
  for (const name of names) {
    const itemPx = LEGEND.itemWidth + LEGEND.itemGap + 6 + LEGEND.letterPx * name.length
    if (usedPx > 0 && usedPx + itemPx > widthPx) {
      rows += 1
      usedPx = 0
    }
    usedPx += itemPx
  }
  return {
    heightPx: rows * LEGEND.rowPx,
    legend: {
      data: [...names],
      top: 0,
      left: 0,
      itemWidth: LEGEND.itemWidth,
      itemGap: LEGEND.itemGap,
      textStyle: { ...TEXT, color: INK.ink, lineHeight: LEGEND.rowPx - LEGEND.itemGap },
      inactiveColor: INK.soft,
    },
  }
}

export interface Size {
  width: number
  height: number
}

use([
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  SVGRenderer,
])

/** One chart as an `<svg>` that fills its place. */
export const drawSvg = (option: EChartsCoreOption, size: Size): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option })
    return Object.entries(INK).reduce(
      (svg, [name, color]) => svg.replaceAll(color, `var(--${name})`),
      chart.renderToSVGString({ useViewBox: true }),
    )
  } finally {
    chart.dispose()
  }
}
