import { html } from 'hono/html'
import { MINIMUM_PEOPLE } from '../../../city/disclosure.ts'
import type { Format } from '../format.ts'
import type { Html } from '../layout.ts'

/** What the marks of the day strips mean, in words beside each mark. */
export const stripLegend = ({ words }: Format): Html => {
  const entry = (drawing: Html, text: string, more = ''): Html =>
    html`<li>
      <svg width="24" height="18" aria-hidden="true">${drawing}</svg
      ><span>${text}${more === '' ? '' : html`<span class="legend-more">${more}</span>`}</span>
    </li>`
  const floor = html`<line x1="2" x2="22" y1="16" y2="16" class="floor" />`
  return html`<ul class="legend legend-compact" aria-label="${words('legend.label')}">
    ${entry(html`<rect x="8" y="4" width="8" height="12" class="post" />${floor}`, words('legend.measured'))}
    ${entry(html`<rect x="8" y="7" width="8" height="9" class="post-forecast" /><line x1="12" x2="12" y1="2" y2="12" class="whisker" />${floor}`, words('legend.forecast'), words('legend.forecastMore'))}
    ${entry(html`<rect x="2" y="2" width="20" height="14" class="hatch" />`, words('legend.noData'))}
    ${entry(html`<rect x="7" y="11" width="10" height="5" class="hatch" /><rect x="7" y="11" width="10" height="5" class="post-few" />${floor}`, words('legend.few', { count: MINIMUM_PEOPLE }))}
    ${entry(html`<line x1="2" x2="22" y1="5" y2="5" class="roof" />`, words('legend.capacity'), words('legend.capacityMore'))}
    ${entry(html`<line x1="2" x2="22" y1="8" y2="8" class="floor" /><rect x="5" y="9" width="14" height="6" class="best" />`, words('legend.best'))}
  </ul>`
}
