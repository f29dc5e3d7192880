import { NadiError } from '../../city/errors.ts'

/** The ways in which the server lets a caller down, each with what to do next; never a login in the message. */

export const unconfirmed = (host: string, what: string, cause?: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `InfluxDB at ${host} did not confirm (${what}): check that it runs and that NADI_INFLUX_URL is right.`,
    { cause },
  )

export const credentialsWrong = (host: string, cause?: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `InfluxDB at ${host} refuses the login: check user and password in NADI_INFLUX_URL, and that the user may read and write the database.`,
    { cause },
  )

export const databaseGone = (host: string, database: string): NadiError =>
  new NadiError(
    'store-unavailable',
    `InfluxDB at ${host} has no database "${database}" any more: restore it from a backup, or restart Nadi, which makes it anew.`,
  )

export const cannotPrepare = (host: string, statements: readonly string[], cause: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `InfluxDB at ${host} did not make what Nadi needs: let an administrator run ${statements.join('; ')}.`,
    { cause },
  )
