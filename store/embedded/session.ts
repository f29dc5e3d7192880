import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'

/** One connection, spoken to in SQL whose every literal is a whole number made by `int`. */
export interface Session {
  run(sql: string): Promise<void>
  /** The result's columns, all of them numbers (cast 64-bit columns to double). */
  columns(sql: string): Promise<number[][]>
  /** The single number of a single row; undefined when it is null or there is no row. */
  number(sql: string): Promise<number | undefined>
  /** Runs `work` in one transaction; an error rolls back. */
  transaction<T>(work: () => Promise<T>): Promise<T>
  close(): void
}

export const createSession = async (connection: DuckDBConnection): Promise<Session> => {
  const begin = await connection.prepare('begin')
  const commit = await connection.prepare('commit')
  const values = async (sql: string): Promise<DuckDBValue[][]> => (await connection.run(sql)).getColumns()
  return {
    async run(sql) {
      await connection.run(sql)
    },
    async columns(sql) {
      const columns = await values(sql)
      return columns.map((column) => column.map(toNumber))
    },
    async number(sql) {
      const value = (await values(sql))[0]?.[0]
      return value === undefined || value === null ? undefined : toNumber(value)
    },
    async transaction(work) {
      await begin.run()
      try {
        const result = await work()
        await commit.run()
        return result
      } catch (error) {
        await connection.run('rollback').catch(() => undefined)
        throw error
      }
    },
    close: () => connection.closeSync(),
  }
}

const toNumber = (value: DuckDBValue): number => {
  if (typeof value !== 'number') throw new TypeError(`the query gave ${String(value)} where a number belongs`)
  return value
}

/** A whole number as an SQL literal. */
export const int = (value: number): string => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`)
  return String(value)
}
