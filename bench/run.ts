import { parseArgs } from 'node:util'

/**
 * `npm run bench -- NAME [--option value ...]`: one benchmark a file, each printing its raw figures; without a name,
 * what there is. Peers run in the same run. Close other programs first: two cores are easily disturbed.
 */
type Options = Readonly<Record<string, string>>
const BENCHES: Readonly<Record<string, () => Promise<{ run(options: Options): Promise<void> }>>> = {
  backlog: () => import('./backlog.ts'),
  backup: () => import('./backup.ts'),
  connections: () => import('./connections.ts'),
  city: () => import('./city.ts'),
  import: () => import('./import.ts'),
  ingest: () => import('./ingest.ts'),
  quality: () => import('./quality.ts'),
  store: () => import('./store.ts'),
  wide: () => import('./wide.ts'),
}

const text = { type: 'string' } as const
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: text,
    pack: text,
    part: text,
    seconds: text,
    scale: text,
    days: text,
    idle: text,
    publishing: text,
  },
})
const load = BENCHES[positionals[0] ?? '']
if (load) {
  await (await load()).run({ ...values })
} else {
  process.stderr.write(`Name one benchmark: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exitCode = 2
}
