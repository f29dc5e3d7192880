import { html, raw } from 'hono/html'
import type { BacktestSummary } from '../backtest/summary.ts'
import { coverage } from './charts/coverage.ts'
import { errorByBuilding } from './charts/errorByBuilding.ts'
import { errorByHour } from './charts/errorByHour.ts'
import { reliability } from './charts/reliability.ts'
import type { ReportCollector } from './collect.ts'
import { examples, worstCases } from './cases.ts'
import { type ReportModel, toReportModels } from './reportModels.ts'
import { STYLE } from './style.ts'
import { buildingsTable, findingsTable, modelsTable } from './tables.ts'
import { percent, share } from './words.ts'

/** What a report says of how it was made. */
export interface ReportFacts {
  /** The file that was forecast. */
  data: string
  unit: string
  /** By building. */
  timeZones: ReadonlyMap<string, string>
  /** Name and value, in order. */
  made: readonly (readonly [name: string, value: string])[]
}

/** A backtest as one self-contained page without scripts. */
export const reportPage = async (
  summary: BacktestSummary,
  collector: ReportCollector,
  facts: ReportFacts,
): Promise<string> => {
  const models = toReportModels(summary, collector)
  const byBuilding = errorByBuilding(models)
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Backtest of ${facts.data}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>Backtest of ${facts.data}</h1>
          ${leadOf(models).map((sentence) => html`<p class="lead">${sentence}</p>`)}
          <section>
            <h2>Models side by side</h2>
            <p class="soft">
              Errors are medians over buildings; the shares inside intervals are of all hours together. Best
              in bold green.
            </p>
            ${modelsTable(models)}
          </section>
          <div class="pair">
            <section>
              <h2>Error by hour ahead</h2>
              <p class="soft">
                Mean absolute error in per cent of each building's mean, the median over buildings.
              </p>
              ${figure('Error by hour ahead for each model', errorByHour(models))}
            </section>
            <section>
              <h2>Error by building</h2>
              <p class="soft">
                One column of marks is one
                building.${byBuilding.cut > 0 ? ` ${byBuilding.cut} marks lie above the edge and are drawn on it.` : ''}
              </p>
              ${figure('Error of each building by each model', byBuilding.svg)}
            </section>
            <section>
              <h2>Do the quantiles mean what they say?</h2>
              <p class="soft">
                On the diagonal, the truth lay at or below the 30 % quantile in 30 % of the hours. Below it on
                the right and above it on the left, intervals are too wide; the other way round, too narrow.
              </p>
              ${figure('Reliability diagram', reliability(models), 'square')}
            </section>
            <section>
              <h2>Does that hold building by building?</h2>
              <p class="soft">${coverageSentence(models)}</p>
              ${figure('Share of hours inside the 80 % interval, by building and model', coverage(models))}
            </section>
          </div>
          ${examples(models[0], facts)} ${worstCases(models[0], facts)}
          <section>
            <h2>What was found in the data</h2>
            ${findingsTable(summary)}
          </section>
          <section>
            <details>
              <summary>Every building</summary>
              ${buildingsTable(models)}
            </details>
          </section>
          <section>
            <h2>How this was made</h2>
            <dl>
              ${facts.made.map(
                ([name, value]) =>
                  html`<dt>${name}</dt>
                    <dd>${value}</dd>`,
              )}
            </dl>
          </section>
        </main>
      </body>
    </html> `
  // Hono's text is an object; a file wants a plain one.
  return `${page.trim()}\n`
}

const figure = (label: string, svg: string, kind = '') =>
  html`<figure class="${kind}" role="img" aria-label="${label}">${raw(svg)}</figure>`

/** What the page has to say, in words, good or bad. */
const leadOf = (models: readonly ReportModel[]): string[] => {
  const [first, ...others] = models
  if (!first) return []
  const error =
    first.median.nrmse === null
      ? `${first.name} has no error that can be told in per cent.`
      : `${first.name} is wrong by ${percent(first.median.nrmse)} of the mean in the middle building (nrmse; ${first.buildings.size} buildings, about ${Math.round(first.median.windows)} days each).`
  const rival = others
    .filter(({ median }) => median.nrmse !== null)
    .sort((a, b) => (a.median.nrmse ?? 0) - (b.median.nrmse ?? 0))[0]
  return [`${error}${against(first, rival)}`, inside(first)]
}

const against = (first: ReportModel, rival: ReportModel | undefined): string => {
  const [own, other] = [first.median.nrmse, rival?.median.nrmse]
  if (!rival || own === null || other === null || other === undefined) return ''
  const less = 100 * (1 - own / other)
  const compared = `${percent(Math.abs(less))} ${less >= 0 ? 'less' : 'more'} than ${rival.name}, the best of the others`
  const better = [...first.buildings].filter(
    ([id, { nrmse }]) => nrmse !== null && nrmse < (rival.buildings.get(id)?.nrmse ?? -Infinity),
  ).length
  return ` That is ${compared}; it is the better one in ${better} of ${first.buildings.size} buildings.`
}

const inside = ({ name, coverage80 }: ReportModel): string => {
  if (coverage80 === null) return ''
  const off = 100 * coverage80 - 80
  const judged =
    Math.abs(off) <= 2
      ? 'about as often as it should'
      : off < 0
        ? 'less often than it should: trust the intervals less than they say'
        : 'more often than it should: the intervals are wider than needed'
  return `The truth fell inside ${name}'s 80 % interval in ${share(coverage80)} of all hours, ${judged}.`
}

const coverageSentence = ([first]: readonly ReportModel[]): string => {
  if (!first) return ''
  const shares = [...first.buildings.values()].flatMap(({ coverage80 }) => coverage80 ?? [])
  const good = shares.filter((each) => each >= 0.7 && each <= 0.9).length
  return `One mark is one building; the shaded part is 70 to 90 %. ${first.name}: ${good} of ${shares.length} buildings lie in it.`
}
