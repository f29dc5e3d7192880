import { NadiError } from '../../city/errors.ts'

/** The ways in which the server lets a caller down, each with what to do next; never a login in the message. */

export const unconfirmed = (host: string, what: string, cause?: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `InfluxDB at ${host} did not confirm (${what}): check that it runs and that NADI_INFLUX_URL is right.`,
    { cause },
  )

/** The server has not even said that it is there, all the time that the start waited for it. */
export const neverAnswered = (host: string, waitMs: number, cause: unknown): NadiError =>
  new NadiError(
    'store-unavailable',
    `InfluxDB at ${host} has not answered for ${Math.round(waitMs / 1000)} s: check that it runs, that NADI_INFLUX_URL is right, and how its own log ends. If that is "Open store (start)", it hangs on damaged files, as it may after a power cut: docs/operations.md says how to bring it back.`,
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
