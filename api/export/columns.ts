/** A column of an export with its DuckDB type, in Parquet. */
export interface Column {
  name: string
  type: 'VARCHAR' | 'DOUBLE' | 'BIGINT' | 'BOOLEAN' | 'TIMESTAMPTZ'
}

const RAW: readonly Column[] = [
  { name: 'time', type: 'TIMESTAMPTZ' },
  { name: 'value', type: 'DOUBLE' },
]

const BUCKETS: readonly Column[] = [
  { name: 'start', type: 'TIMESTAMPTZ' },
  { name: 'end', type: 'TIMESTAMPTZ' },
  { name: 'mean', type: 'DOUBLE' },
  { name: 'min', type: 'DOUBLE' },
  { name: 'max', type: 'DOUBLE' },
  { name: 'sum', type: 'DOUBLE' },
  { name: 'count', type: 'BIGINT' },
  { name: 'last', type: 'DOUBLE' },
  { name: 'measured', type: 'DOUBLE' },
]

const SERIES: readonly Column[] = [
  { name: 'datastream', type: 'VARCHAR' },
  { name: 'building', type: 'VARCHAR' },
  { name: 'property', type: 'VARCHAR' },
  { name: 'unit', type: 'VARCHAR' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'timezone', type: 'VARCHAR' },
]

const BESIDE: readonly Column[] = [
  /** True where people were too few to be told; the value is empty then. */
  { name: 'suppressed', type: 'BOOLEAN' },
  /** Kinds of findings that touch the row, joined by `;`. */
  { name: 'quality', type: 'VARCHAR' },
  /** Why somebody marked it as bad. */
  { name: 'label', type: 'VARCHAR' },
  { name: 'hour', type: 'BIGINT' },
  /** 1 is Monday. */
  { name: 'weekday', type: 'BIGINT' },
  { name: 'holiday', type: 'BOOLEAN' },
]

/** The columns of an export, in order: what was measured, of what, what is to be known of it, what stands beside it. */
export const exportColumns = (bucket: string, covariates: readonly string[]): Column[] => [
  ...(bucket === 'raw' ? RAW : BUCKETS),
  ...SERIES,
  ...BESIDE,
  ...covariates.map((name) => ({ name, type: 'DOUBLE' as const })),
]

type Cell = string | number | boolean | null | undefined

/** One line of CSV (RFC 4180), without its end. */
export const csvLine = (cells: readonly Cell[]): string => cells.map(csvCell).join(',')

const csvCell = (cell: Cell): string => {
  const text = cell === null || cell === undefined ? '' : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
