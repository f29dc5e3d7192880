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
const SYMBOLS = ['circle', 'diamond', 'triangle', 'rect', 'pin', 'roundRect', 'arrow', 'circle'] as const
const DASHES = ['solid', [6, 3], [2, 3], [10, 3, 2, 3]] as const

/** How the model at a place of the report looks in every chart: colour, and what tells it apart without colour. */
export const lookOf = (place: number) => ({
  color: MODEL_INKS[place % MODEL_INKS.length] ?? INK.model0,
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

export const legend = (names: readonly string[]) => ({
  data: [...names],
  top: 0,
  left: 0,
  itemWidth: 22,
  itemGap: 16,
  textStyle: { ...TEXT, color: INK.ink },
  inactiveColor: INK.soft,
})

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
