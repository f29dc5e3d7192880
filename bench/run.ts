import { commandLine } from '../test/support/commandLine.ts'

/**
 * One benchmark a file, each printing its figures; 2 is wrong use. Peers run in the same run. Close other programs
 * first: two cores are easily disturbed.
 */
const USAGE = `npm run bench -- NAME [--option value]...

backlog      an hour that the city was away, drained from the spools of 200 agents [--scale S]
backup       the demonstration city backed up and restored [--days N]
connections  memory for each connection, idle and publishing [--idle N] [--publishing N] [--seconds N]
city         the demonstration city: start, page, memory [--days N]
forecast-cost  learning, fine-tuning and forecasting: seconds and memory [--buildings N]
forecast     forecasts beside XGBoost and HistGradientBoosting of Debian [--set bdg2|cambridge|fitnesspark]
             [--buildings N] [--models NAME,...] [--predictions FILE]
import       a file of readings
ingest       observations a second, times, losses, beside what a user would set up instead
             [--pack 1|10|100] [--seconds N] [--only WORD,...] [--part steady]
presence     somebody in the room or not, estimated from its air, beside linear discriminant analysis
quality      the watch over quality on a city with a past [--scale S] [--days D]
store        a store's appends and answers
wide         wide questions to InfluxDB [--seconds STEP]
`
type Options = Readonly<Record<string, string>>
const BENCHES: Readonly<Record<string, () => Promise<{ run(options: Options): Promise<void> }>>> = {
  backlog: () => import('./backlog.ts'),
  backup: () => import('./backup.ts'),
  connections: () => import('./connections.ts'),
  city: () => import('./city.ts'),
  'forecast-cost': () => import('./forecastCost.ts'),
  forecast: () => import('./forecast.ts'),
  import: () => import('./import.ts'),
  ingest: () => import('./ingest.ts'),
  presence: () => import('./presence.ts'),
  quality: () => import('./quality.ts'),
  store: () => import('./store.ts'),
  wide: () => import('./wide.ts'),
}

const text = { type: 'string' } as const
const { read, number, wholeNumber, wrongUse } = commandLine(USAGE)
const {
  positionals,
  values: { help: _, ...values },
} = read(
  {
    only: text,
    pack: text,
    part: text,
    predictions: text,
    seconds: text,
    scale: text,
    days: text,
    buildings: text,
    idle: text,
    set: text,
    models: text,
    publishing: text,
  },
  true,
)
for (const name of ['seconds', 'scale'] as const) if (values[name] !== undefined) number(name, values[name])
for (const name of ['pack', 'days', 'idle', 'publishing', 'buildings'] as const)
  if (values[name] !== undefined) wholeNumber(name, values[name])
const load = Object.hasOwn(BENCHES, positionals[0] ?? '') ? BENCHES[positionals[0] ?? ''] : undefined
if (load) await (await load()).run(values)
else
  wrongUse(positionals[0] === undefined ? 'Name a benchmark.' : `There is no benchmark "${positionals[0]}".`)
