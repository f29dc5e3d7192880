/** Every name on disk of the embedded store. */

/** The one file in the store's folder; DuckDB keeps its log beside it as `observations.duckdb.wal`. */
export const FILE = 'observations.duckdb'

/** Where DuckDB puts what does not fit into memory while it sorts. */
export const SPILL_FOLDER = 'observations.spill'

/**
 * Statements that bring the file from layout `index` to `index + 1`, each in one transaction; never changed once
 * released, only added to. The tables of the first:
 *
 * `hot`: newest rows in order of arrival (`seq`), repeats included. Numbers are doubles, which JavaScript writes
 * without conversion. `cold`: one row a key, sorted by (ds, t) within each run. `rollup`: what each stretch of an hour
 * of cold adds up to. `extent`: up to where each Datastream's cold reaches. `run`: the sorted runs of cold.
 */
export const LAYOUTS: readonly string[] = [
  `
create table if not exists hot(ds integer, t double, v double, seq double);
create table if not exists cold(ds integer, t bigint, v double, run integer);
create table if not exists rollup(
  ds integer, hour integer, count integer, sum double, min double, max double,
  first_t bigint, first_v double, last_t bigint, last_v double, used double, gap integer, run integer);
create table if not exists extent(ds integer, last_t bigint);
create table if not exists run(id integer, level integer, size bigint);
`,
  // Before `horizon_ms` the rollup alone is read; at most one row.
  'create table if not exists retention(horizon_ms double);',
]
