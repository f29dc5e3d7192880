/**
 * `npm run bench -- NAME`: one benchmark a file, each printing its raw figures; without a name, what there is. Peers
 * run in the same run. Close other programs first: two cores are easily disturbed.
 */
const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  city: () => import('./city.ts'),
  import: () => import('./import.ts'),
  ingest: () => import('./ingest.ts'),
  store: () => import('./store.ts'),
}

const name = process.argv[2] ?? ''
const load = BENCHES[name]
if (load) {
  await (await load()).run()
} else {
  process.stderr.write(`Name one benchmark: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exitCode = 2
}
