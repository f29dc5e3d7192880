import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { NadiError, type FieldProblem } from '../city/errors.ts'
import { isTimeZone } from '../city/mapping/wallClock.ts'
import { isThingPath } from '../city/names.ts'
import { DEVICE_ID_RULE, isDeviceId } from '../city/topics.ts'
import type { Credentials } from './connection.ts'
import type { PresenceSettings } from './presence/withPresence.ts'

/** `building.yaml`: what one agent needs to know. JSON is YAML too, so a program may write it as JSON. */
const brokerUrl = z.string().refine(isBrokerUrl, {
  error:
    'a URL like "mqtt://host:1883", "mqtts://host:8883" or "ws://host:8080/mqtt", without user or password',
})

const schema = z
  .object({
    device: z.string().refine(isDeviceId, DEVICE_ID_RULE),
    password: z.string().min(1).optional(),
    /** Its first line is the password. */
    passwordFile: z.string().min(1).optional(),
    broker: z.union([brokerUrl, z.array(brokerUrl).min(1)], 'a broker URL or a list of them'),
    /** PEM file of the authority behind a `mqtts` broker; default: those that Node knows. */
    caFile: z.string().min(1).optional(),
    /** PEM files of the device's own certificate and its key, for a `mqtts` or `wss` broker. */
    certFile: z.string().min(1).optional(),
    keyFile: z.string().min(1).optional(),
    building: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and "-"'),
    spool: z
      .object({
        file: z.string().min(1),
        maxBytes: z
          .number()
          .int()
          .min(64 * 1024)
          .default(256 * 1024 * 1024),
        /** Kept back on the disk so that a full one can still be drained; default: an eighth, 1 to 8 MiB. */
        reserveBytes: z
          .number()
          .int()
          .min(256 * 1024)
          .optional(),
      })
      .strict(),
    /** Readings are gathered this long before they are sent; 0: sent at once. */
    publishIntervalSeconds: z.number().min(0).max(3600).default(0),
    /** At what rate readings that waited for a connection are sent; new ones are not limited. */
    backlogPerSecond: z.number().int().min(1).default(2_000),
    driver: z.looseObject({ kind: z.string().min(1) }),
    /** Estimates presence from what the driver reads (`presence/withPresence.ts`). */
    presence: z
      .object({
        /** Made by `nadi train --property presence`. */
        model: z.string().min(1),
        rooms: z.array(z.string().refine(isThingPath, 'a path of lower-case segments')).min(1).optional(),
        timeZone: z.string().refine(isTimeZone, 'an IANA time zone'),
        presenceOnly: z.boolean().default(false),
      })
      .strict()
      .optional(),
  })
  .strict()
  .refine(({ password, passwordFile }) => password === undefined || passwordFile === undefined, {
    path: ['passwordFile'],
    error: 'name either passwordFile or password',
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    path: ['keyFile'],
    error: 'certFile and keyFile belong together',
  })
  .refine(({ password, passwordFile, certFile }) => (password ?? passwordFile ?? certFile) !== undefined, {
    path: ['passwordFile'],
    error: 'name passwordFile, password, or certFile and keyFile',
  })

export interface EdgeConfig {
  device: string
  proof: Proof
  urls: readonly string[]
  building: string
  spool: { file: string; maxBytes: number; reserveBytes?: number }
  publishIntervalMs: number
  backlogPerSecond: number
  /** Parsed by the driver's own schema. */
  driver: { kind: string }
  presence?: PresenceSettings
  /** Relative files in the driver's block are meant from here. */
  folder: string
}

/** Where the secrets stand that a device proves itself with. Files are read before each connection. */
export interface Proof {
  password?: string
  passwordFile?: string
  caFile?: string
  certFile?: string
  keyFile?: string
}

/**
 * Reads `building.yaml`; throws `invalid-input` naming file, line and column of each fault, or a file it names that
 * cannot be read.
 */
export const readEdgeConfig = async (file: string): Promise<EdgeConfig> => {
  const text = await readText(file, 'Give the path of an existing building.yaml with --config.')
  const folder = path.dirname(path.resolve(file))
  const config = edgeConfigOf(parseSettings(text, file), folder)
  await readCredentials(config.proof)
  return config
}

/** The settings as an agent takes them, relative paths resolved against `folder`. */
export const edgeConfigOf = (settings: Settings, folder: string): EdgeConfig => {
  const { password, passwordFile, caFile, certFile, keyFile, spool, presence } = settings
  const at = (file: string): string => path.resolve(folder, file)
  return {
    device: settings.device,
    proof: {
      ...(password !== undefined && { password }),
      ...(passwordFile !== undefined && { passwordFile: at(passwordFile) }),
      ...(caFile !== undefined && { caFile: at(caFile) }),
      ...(certFile !== undefined && { certFile: at(certFile) }),
      ...(keyFile !== undefined && { keyFile: at(keyFile) }),
    },
    urls: Array.isArray(settings.broker) ? settings.broker : [settings.broker],
    building: settings.building,
    spool: {
      file: at(spool.file),
      maxBytes: spool.maxBytes,
      ...(spool.reserveBytes !== undefined && { reserveBytes: spool.reserveBytes }),
    },
    publishIntervalMs: settings.publishIntervalSeconds * 1000,
    backlogPerSecond: settings.backlogPerSecond,
    driver: settings.driver,
    ...(presence && { presence: presenceSettingsOf(presence, at) }),
    folder,
  }
}

const presenceSettingsOf = (
  { rooms, model, ...others }: NonNullable<Settings['presence']>,
  at: (file: string) => string,
): PresenceSettings => ({ ...others, model: at(model), ...(rooms && { rooms }) })

/** Reads the files that a device proves itself with. Throws `invalid-input` naming the one that cannot be read. */
export const readCredentials = async (proof: Proof): Promise<Credentials> => {
  const { caFile, certFile, keyFile, passwordFile } = proof
  const password = passwordFile === undefined ? proof.password : await readPassword(passwordFile)
  return {
    ...(password !== undefined && { password }),
    ...(caFile !== undefined && { ca: await readText(caFile, 'caFile must name a PEM file.') }),
    ...(certFile !== undefined && { cert: await readText(certFile, 'certFile must name a PEM file.') }),
    ...(keyFile !== undefined && { key: await readText(keyFile, 'keyFile must name a PEM file.') }),
  }
}

/** The first line of a password file. Throws `invalid-input` when there is none. */
export const readPassword = async (file: string): Promise<string> => {
  const [line = ''] = (
    await readText(file, 'It must hold the password that "nadi devices add" printed.')
  ).split(/\r?\n/, 1)
  if (line === '') {
    throw new NadiError(
      'invalid-input',
      `${file} is empty. It must hold the password that "nadi devices add" printed.`,
    )
  }
  return line
}

const readText = async (file: string, advice: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new NadiError('invalid-input', `${file} cannot be read. ${advice}`, { cause })
  }
}

type Settings = z.infer<typeof schema>

/** Parses the text of a `building.yaml`. `file` is only named in problems (`building.yaml:7:11`). */
export const parseSettings = (text: string, file: string): Settings => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path.basename(file)}:${line}:${col}`
  }
  if (document.errors.length > 0) {
    throw wrong(
      file,
      document.errors.map((error) => ({ pointer: at(error.pos[0]), detail: firstLine(error.message) })),
    )
  }
  const result = schema.safeParse(toJs(document, file))
  if (result.success) return result.data
  throw wrong(
    file,
    result.error.issues.flatMap((issue) => {
      const extra = issue.code === 'unrecognized_keys' ? issue.keys : []
      const paths = extra.length > 0 ? extra.map((key) => [...issue.path, key]) : [issue.path]
      return paths.map((steps) => ({
        pointer: at(offsetOf(document, steps)),
        detail: `${steps.join('.') || 'the file'}: ${extra.length > 0 ? 'is no setting' : issue.message}`,
      }))
    }),
  )
}

type Document = ReturnType<typeof parseDocument>

/** An alias bomb or a loop in the file is the file's fault as well. */
const toJs = (document: Document, file: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw wrong(file, [
      {
        pointer: `${path.basename(file)}:1:1`,
        detail: error instanceof Error ? error.message : String(error),
      },
    ])
  }
}

/** Where the value stands, or, for one that is missing, what should hold it. */
const offsetOf = (document: Document, steps: readonly PropertyKey[]): number => {
  for (let length = steps.length; length > 0; length--) {
    const node = document.getIn(steps.slice(0, length), true)
    if (hasRange(node)) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text

const wrong = (file: string, problems: FieldProblem[]): NadiError =>
  new NadiError('invalid-input', `${file} is not a valid building.yaml. Correct these places:`, { problems })

function isBrokerUrl(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    ['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(url.protocol) &&
    url.hostname !== '' &&
    url.username === '' &&
    url.password === ''
  )
}
