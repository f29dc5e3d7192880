import { html } from 'hono/html'
import type { BacktestSummary } from '../backtest/summary.ts'
import { inkOf } from './draw.ts'
import type { ReportModel } from './reportModels.ts'
import { figure } from './words.ts'

export const modelsTable = (models: readonly ReportModel[]) => {
  const [first] = models
  const least = (of: (model: ReportModel) => number | null): number =>
    Math.min(...models.flatMap((model) => of(model) ?? []))
  const best = {
    nrmse: least(({ median }) => median.nrmse),
    wmape: least(({ median }) => median.wmape),
    pinball: least(({ median }) => median.pinball),
    offBy: least((model) => offBy(model)),
  }
  const cell = (value: number | null, bestValue: number) =>
    html`<td class="${value !== null && value === bestValue ? 'best' : ''}">
      ${value === null ? '–' : value.toFixed(2)}
    </td>`
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>model</th>
          <th>nrmse, %</th>
          <th>wmape, %</th>
          <th>mae</th>
          <th>pinball</th>
          <th>inside 80 %</th>
          <th>buildings where<br />${first?.name ?? ''} is better</th>
          <th>seconds</th>
          <th>peak MB</th>
        </tr>
      </thead>
      <tbody>
        ${models.map(
          (model) =>
            html`<tr class="${model === first ? 'first' : ''}">
              <td><i class="dot" style="background:var(--model${inkOf(model.place)})"></i>${model.name}</td>
              ${cell(model.median.nrmse, best.nrmse)}${cell(model.median.wmape, best.wmape)}
              <td>${figure(model.median.mae)}</td>
              <td class="${model.median.pinball === best.pinball ? 'best' : ''}">
                ${figure(model.median.pinball)}
              </td>
              <td class="${offBy(model) === best.offBy ? 'best' : ''}">
                ${model.coverage80 === null ? '–' : `${(100 * model.coverage80).toFixed(1)} %`}
              </td>
              <td>${first && model !== first ? betterCount(first, model) : ''}</td>
              <td>${model.seconds?.toFixed(1) ?? '–'}</td>
              <td>${model.peakMemoryMb?.toFixed(0) ?? '–'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** How far from 80 % the share inside is. */
const offBy = ({ coverage80 }: ReportModel): number | null =>
  coverage80 === null ? null : Math.abs(coverage80 - 0.8)

const betterCount = (first: ReportModel, other: ReportModel): string => {
  const both = [...first.buildings].flatMap(([id, { nrmse }]) => {
    const theirs = other.buildings.get(id)?.nrmse ?? null
    return nrmse === null || theirs === null ? [] : [nrmse < theirs]
  })
  return `${both.filter(Boolean).length} of ${both.length}`
}

/** Rows of the findings table; the rest is counted. */
const FINDINGS_SHOWN = 200

export const findingsTable = ({ findings, excluded }: BacktestSummary) => {
  if (findings.length === 0) return html`<p>Nothing that a person should know of.</p>`
  const shown = findings.slice(0, FINDINGS_SHOWN)
  return html`<p class="soft">
      ${findings.length} findings; ${excluded.length} days were not forecast or could not be judged.
    </p>
    <details>
      <summary>Read them</summary>
      <div class="scroll">
        <table class="words">
          <thead>
            <tr>
              <th>what</th>
              <th>where</th>
              <th>how often</th>
              <th>in words</th>
            </tr>
          </thead>
          <tbody>
            ${shown.map(
              ({ code, series, count, message }) =>
                html`<tr>
                  <td>${code}</td>
                  <td>${series ?? 'the file'}</td>
                  <td>${count}</td>
                  <td>${message}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${findings.length > shown.length ? html`<p class="soft">And ${findings.length - shown.length} more.</p>` : ''}
    </details>`
}

export const buildingsTable = (models: readonly ReportModel[]) => {
  const [first] = models
  const order = [...(first?.buildings ?? [])].sort(([, a], [, b]) => (b.nrmse ?? 0) - (a.nrmse ?? 0))
  return html`<p class="soft">
      nrmse in per cent by model, then of ${first?.name ?? ''}: share inside 80 %, days.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>building</th>
            ${models.map(({ name }) => html`<th>${name}</th>`)}
            <th>inside 80 %</th>
            <th>days</th>
          </tr>
        </thead>
        <tbody>
          ${order.map(
            ([id, metrics]) =>
              html`<tr>
                <td>${id}</td>
                ${models.map(({ buildings }) => html`<td>${figure(buildings.get(id)?.nrmse ?? null)}</td>`)}
                <td>${metrics.coverage80 === null ? '–' : `${(100 * metrics.coverage80).toFixed(1)} %`}</td>
                <td>${metrics.windows}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
}
