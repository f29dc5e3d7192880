import { BlockList, isIP } from 'node:net'
import path from 'node:path'
import { z } from 'zod'
import { closestName } from './city/closestName.ts'
import { NadiError } from './city/errors.ts'
import { PROPERTIES } from './city/properties.ts'

/**
 * The settings of the contract: one schema over the environment (`.env` is read first by the entry point), parsed
 * once and passed on as an argument.
 */
const port = (fallback: number) =>
  z.coerce
    .number('a port number, 0 to 65535 (0 = one that the system chooses)')
    .int()
    .min(0)
    .max(65535)
    .default(fallback)

/** Host names and addresses, separated by commas. */
const names = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
  .refine(
    (all) => all.every((name) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) || isIP(name) > 0),
    'host names and addresses, separated by commas',
  )
  .optional()

/** Readings that a device sends again after a month must still find themselves in the store. */
const LEAST_RAW_DAYS = 31

/** `occupancy=400,co2=730` by property. */
const keepDaysOf = (text: string): Record<string, number> =>
  Object.fromEntries(
    text
      .split(',')
      .map((part) => part.split('='))
      .flatMap(([property, days]) => (property && days ? [[property, Number(days)]] : [])),
  )

/** Properties of the city's own are allowed; one that is almost a known one would keep readings for ever unnoticed. */
const mistypedProperty = (name: string): string | undefined => {
  const known = Object.keys(PROPERTIES)
  const meant = known.includes(name) ? undefined : closestName(name, known)
  return meant && `"${name}" (did you mean "${meant}"?)`
}

const schema = z.object({
  NADI_CITY: z.string().min(1).default('examples/city.yaml'),
  NADI_DATA_DIR: z.string().min(1).default('./data'),
  NADI_HOST: z.string().min(1).default('127.0.0.1'),
  NADI_TRUSTED_NETWORK: z.stringbool().default(false),
  NADI_HTTP_PORT: port(8080),
  NADI_MQTT_PORT: port(1883),
  NADI_MQTTS_PORT: port(8883),
  NADI_FLOWS_PORT: port(1880),
  NADI_TLS: z.stringbool().default(false),
  NADI_TLS_NAMES: names,
  NADI_TLS_CERT: z.string().min(1).optional(),
  NADI_TLS_KEY: z.string().min(1).optional(),
  NADI_STORE: z.enum(['embedded', 'influx']).default('embedded'),
  NADI_INFLUX_URL: z.url().optional(),
  NADI_FLOWS_URL: z.url().optional(),
  NADI_HISTORY_DAYS: z.coerce.number().int().min(0).max(3660).default(60),
  NADI_RAW_DAYS: z.coerce
    .number()
    .int()
    .max(36_600)
    .refine(
      (days) => days === 0 || days >= LEAST_RAW_DAYS,
      `0 (raw samples are kept for ever), or at least ${LEAST_RAW_DAYS} days, so that a resend a month later stays invisible`,
    )
    .default(0),
  NADI_KEEP_DAYS: z
    .string()
    .regex(
      /^[a-z0-9-]+=\d{1,5}(?:,[a-z0-9-]+=\d{1,5})*$/,
      'properties and days, like "occupancy=400,co2=730"',
    )
    .refine(
      (text) => Object.values(keepDaysOf(text)).every((days) => days >= LEAST_RAW_DAYS),
      `at least ${LEAST_RAW_DAYS} days each, so that a resend a month later stays invisible`,
    )
    .superRefine((text, context) => {
      const mistyped = Object.keys(keepDaysOf(text)).flatMap((name) => mistypedProperty(name) ?? [])
      if (mistyped.length > 0) context.addIssue(`names of properties: ${mistyped.join(', ')}`)
    })
    .optional(),
  NADI_REPORT_DAYS: z.coerce.number('whole days, 1 to 3660').int().min(1).max(3660).default(90),
  NADI_LANGUAGE: z.enum(['id', 'en']).default('id'),
  NADI_LOG: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

/** What the city is started with. `NADI_TRUSTED_NETWORK` is answered while parsing. */
export interface Config {
  cityFile: string
  dataDir: string
  /** Where HTTP and MQTT over TLS listen. */
  host: string
  /** Where plaintext MQTT listens: the loopback address, unless the network is trusted. */
  mqttHost: string
  httpPort: number
  mqttPort: number
  mqttsPort: number
  tls: {
    /** HTTPS instead of HTTP. */
    http: boolean
    /** Further names and addresses in the city's own certificate. */
    names: readonly string[]
    /** PEM files of a certificate from elsewhere, for HTTPS. */
    certFile: string | undefined
    keyFile: string | undefined
  }
  flowsPort: number
  store: 'embedded' | 'influx'
  influxUrl: string | undefined
  flowsUrl: string | undefined
  historyDays: number
  /** Days that raw samples are kept, hourly sums for ever; 0 = both for ever. */
  rawDays: number
  /** Days that readings of a property and their sums are kept; of others for ever. */
  keepDays: Readonly<Record<string, number>>
  /** Days after it was closed that the text of a citizen's report is kept. */
  reportDays: number
  language: 'id' | 'en'
  log: string
}

export type SettingName = keyof z.infer<typeof schema>

/** Every setting with its default, in the order of the contract: what `npx nadi config` prints. */
export const settingNames = Object.keys(schema.shape) as SettingName[]

/**
 * Parses the settings. An empty value counts as not set. Throws `invalid-input` naming each wrong setting and what
 * it should be. Relative paths are resolved against `cwd`.
 */
export const parseConfig = (env: Readonly<Record<string, string | undefined>>, cwd: string): Config => {
  const values = parseSettings(env)
  const { NADI_TLS_CERT: certFile, NADI_TLS_KEY: keyFile } = values
  const isOpen = !isLoopback(values.NADI_HOST)
  const isTrusted = values.NADI_TRUSTED_NETWORK
  return {
    cityFile: path.resolve(cwd, values.NADI_CITY),
    dataDir: path.resolve(cwd, values.NADI_DATA_DIR),
    host: values.NADI_HOST,
    mqttHost: isOpen && !isTrusted ? '127.0.0.1' : values.NADI_HOST,
    httpPort: values.NADI_HTTP_PORT,
    mqttPort: values.NADI_MQTT_PORT,
    mqttsPort: values.NADI_MQTTS_PORT,
    tls: {
      http: values.NADI_TLS || (isOpen && !isTrusted),
      names: values.NADI_TLS_NAMES ?? [],
      certFile: certFile && path.resolve(cwd, certFile),
      keyFile: keyFile && path.resolve(cwd, keyFile),
    },
    flowsPort: values.NADI_FLOWS_PORT,
    store: values.NADI_STORE,
    influxUrl: values.NADI_INFLUX_URL,
    flowsUrl: values.NADI_FLOWS_URL,
    historyDays: values.NADI_HISTORY_DAYS,
    rawDays: values.NADI_RAW_DAYS,
    keepDays: keepDaysOf(values.NADI_KEEP_DAYS ?? ''),
    reportDays: values.NADI_REPORT_DAYS,
    language: values.NADI_LANGUAGE,
    log: values.NADI_LOG,
  }
}

const parseSettings = (env: Readonly<Record<string, string | undefined>>): z.infer<typeof schema> => {
  const given = Object.fromEntries(
    settingNames
      .map((name) => [name, env[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  )
  const result = schema.safeParse(given)
  if (!result.success) {
    const problems = result.error.issues.map((issue) => ({
      pointer: String(issue.path[0]),
      detail: issue.message,
    }))
    throw new NadiError(
      'invalid-input',
      'Some settings are wrong. Correct them in the environment or in .env.',
      { problems },
    )
  }
  const { data } = result
  if ((data.NADI_TLS_CERT === undefined) !== (data.NADI_TLS_KEY === undefined)) {
    throw new NadiError(
      'invalid-input',
      'NADI_TLS_CERT and NADI_TLS_KEY belong together: set both, or neither for the city’s own certificate.',
      { problems: [{ pointer: 'NADI_TLS_KEY', detail: 'the PEM file of the key of NADI_TLS_CERT' }] },
    )
  }
  if (data.NADI_STORE === 'influx' && data.NADI_INFLUX_URL === undefined) {
    throw new NadiError(
      'invalid-input',
      'NADI_STORE=influx needs NADI_INFLUX_URL, e.g. http://127.0.0.1:8086/nadi.',
      {
        problems: [{ pointer: 'NADI_INFLUX_URL', detail: 'the URL of an InfluxDB 1.x server' }],
      },
    )
  }
  return data
}

/**
 * Whether what is sent to this host name or address (an IPv6 one also in brackets, as URLs write it) stays on this
 * machine. A name is judged by itself, never looked up, and `127.evil.example` is a name.
 */
export const isLoopback = (host: string): boolean => {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(address)
  if (version === 0) return host.toLowerCase() === 'localhost'
  return LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3. */
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

export interface SettingReport {
  name: SettingName
  value: string
  default: string
  source: 'environment' | 'default'
}

/** Each setting with its value, default and where it came from. Passwords inside URLs are masked. */
export const reportSettings = (env: Readonly<Record<string, string | undefined>>): SettingReport[] => {
  const values = parseSettings(env)
  const defaults = schema.parse({})
  return settingNames.map((name) => ({
    name,
    value: withoutPassword(String(values[name] ?? '')),
    default: String(defaults[name] ?? ''),
    source: env[name] === undefined || env[name] === '' ? 'default' : 'environment',
  }))
}

/** A URL with its password masked, whatever stands in it; other text as it is. */
const withoutPassword = (value: string): string => {
  const url = URL.parse(value)
  if (!url?.password) return value
  url.password = '***'
  return url.href
}
