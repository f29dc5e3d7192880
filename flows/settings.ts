import { fileURLToPath } from 'node:url'

/** Where the city serves the editor, and so where its WebSocket listens. */
export const FLOWS_PATH = '/flows'

/** What Node-RED's nodes need to reach the city. */
export interface CityConnection {
  /** `http://127.0.0.1:8080` */
  httpUrl: string
  /** `mqtt://127.0.0.1:1883` */
  mqttUrl: string
  /** A key of role `operator`: reads telemetry, tells notices. */
  key: string
}

/**
 * Node-RED's settings: our palette, no nodes that reach the machine (exec, file, tcp, udp), no installing of palettes
 * or modules from the editor, no telemetry, credentials sealed with the city's own secret.
 */
export const flowsSettings = (options: {
  userDir: string
  credentialSecret: string
  city: CityConnection
}) => ({
  userDir: options.userDir,
  flowFile: 'flows.json',
  flowFilePretty: true,
  credentialSecret: options.credentialSecret,
  nodesDir: fileURLToPath(new URL('palette', import.meta.url)),
  nodesExcludes: ['90-exec.js', '10-file.js', '23-watch.js', '31-tcpin.js', '32-udp.js'],
  httpAdminRoot: FLOWS_PATH,
  httpNodeRoot: false,
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpload: false, allowUpdate: false },
    modules: { allowInstall: false },
  },
  functionExternalModules: false,
  telemetry: { enabled: false, updateNotification: false },
  logging: { city: { level: 'warn', metrics: false, audit: false, handler: () => writeLogLine } },
  editorTheme: {
    page: { title: 'Nadi' },
    header: { title: 'Nadi' },
    tours: false,
    projects: { enabled: false },
    palette: {
      categories: ['nadi', 'common', 'function', 'network', 'sequence', 'parser', 'storage'],
    },
  },
  diagnostics: { enabled: true, ui: true },
  runtimeState: { enabled: false, ui: false },
  /** Read by the palette through `RED.settings.nadi`; not in the environment, where flows could print it. */
  nadi: options.city,
})

interface LogEvent {
  level: number
  type?: string
  name?: string
  msg: unknown
}

/** Node-RED's levels (fatal 10, error 20, warn 30) in pino's numbers. */
const PINO_LEVELS: Readonly<Record<number, number>> = { 10: 60, 20: 50, 30: 40 }

/** What is said at every start or save and asks nothing of anybody; there is no fsync under the permission model. */
const NOISE = /fsync API is disabled|^Projects disabled|^Encrypted credentials not found/

/** One JSON line for each message, as the rest of the city logs. */
const writeLogLine = ({ level, type, name, msg }: LogEvent): void => {
  const text = msg instanceof Error ? msg.message : String(msg)
  if (NOISE.test(text)) return
  const line = { level: PINO_LEVELS[level] ?? 40, part: 'flows', node: name ?? type, msg: text }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}
