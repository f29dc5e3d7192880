import { NadiError } from '../../city/errors.ts'

/** Where the server is, who asks, and which database is ours. */
export interface InfluxAddress {
  protocol: 'http' | 'https'
  host: string
  port: number
  database: string
  login: { user: string; password: string } | undefined
  /** Host and port, for messages: nothing secret. */
  shown: string
}

const DEFAULT_DATABASE = 'nadi'
const DEFAULT_PORT = 8086
/** What needs no escaping anywhere, so that no name can end a statement. */
const DATABASE_NAME = /^[A-Za-z_][\w-]{0,63}$/

/**
 * Reads `NADI_INFLUX_URL`: `http://user:password@host:8086/database` (`nadi` when there is none). Throws
 * `invalid-input`, never with the password in its message.
 */
export const influxAddress = (text: string): InfluxAddress => {
  const url = URL.parse(text)
  const protocol = url?.protocol === 'https:' ? 'https' : url?.protocol === 'http:' ? 'http' : undefined
  if (!url || !protocol) throw wrong('an address that begins with http:// or https://')
  const database = decoded(url.pathname.replaceAll(/^\/|\/$/g, '')) || DEFAULT_DATABASE
  if (!DATABASE_NAME.test(database)) {
    throw wrong('a database name of letters, digits, "_" and "-", e.g. http://127.0.0.1:8086/nadi')
  }
  const user = decoded(url.username)
  return {
    protocol,
    host: url.hostname,
    port: Number(url.port || DEFAULT_PORT),
    database,
    login: user === '' ? undefined : { user, password: decoded(url.password) },
    shown: url.host,
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('an address whose "%" signs are written %25')
  }
}

const wrong = (detail: string): NadiError =>
  new NadiError('invalid-input', `NADI_INFLUX_URL should be ${detail}.`, {
    problems: [{ pointer: 'NADI_INFLUX_URL', detail }],
  })
