import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { NadiError, type FieldProblem } from '../city/errors.ts'
import { isDeviceId } from '../city/topics.ts'

/** `building.yaml`: what one agent needs to know. JSON is YAML too, so a program may write it as JSON. */
const brokerUrl = z.string().refine(isBrokerUrl, {
  error:
    'a URL like "mqtt://host:1883", "mqtts://host:8883" or "ws://host:8080/mqtt", without user or password',
})

const schema = z
  .object({
    device: z.string().refine(isDeviceId, 'letters, digits, ".", "_" and "-", at most 64'),
    password: z.string().min(1).optional(),
    /** Its first line is the password. */
    passwordFile: z.string().min(1).optional(),
    broker: z.union([brokerUrl, z.array(brokerUrl).min(1)], 'a broker URL or a list of them'),
    /** PEM file of the authority behind a `mqtts` broker; default: those that Node knows. */
    caFile: z.string().min(1).optional(),
    building: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and "-"'),
    spool: z
      .object({
        file: z.string().min(1),
        maxBytes: z
          .number()
          .int()
          .min(64 * 1024)
          .default(256 * 1024 * 1024),
      })
      .strict(),
    /** Readings are gathered this long before they are sent; 0: sent at once. */
    publishIntervalSeconds: z.number().min(0).max(3600).default(0),
    driver: z.looseObject({ kind: z.string().min(1) }),
  })
  .strict()
  .refine((settings) => (settings.password === undefined) !== (settings.passwordFile === undefined), {
    path: ['passwordFile'],
    error: 'name either passwordFile or password',
  })

export interface EdgeConfig {
  device: string
  password: string
  urls: readonly string[]
  ca?: string
  building: string
  spool: { file: string; maxBytes: number }
  publishIntervalMs: number
  /** Parsed by the driver's own schema. */
  driver: { kind: string }
  /** Relative files in the driver's block are meant from here. */
  folder: string
}

/** Reads `building.yaml` and the files it names; throws `invalid-input` naming file, line and column of each fault. */
export const readEdgeConfig = async (file: string): Promise<EdgeConfig> => {
  const text = await readText(file, 'Give the path of an existing building.yaml with --config.')
  const settings = parseSettings(text, file)
  const folder = path.dirname(path.resolve(file))
  const { passwordFile, caFile } = settings
  return {
    device: settings.device,
    password:
      passwordFile === undefined
        ? (settings.password ?? '')
        : await readPassword(path.resolve(folder, passwordFile)),
    urls: Array.isArray(settings.broker) ? settings.broker : [settings.broker],
    ...(caFile !== undefined && {
      ca: await readText(path.resolve(folder, caFile), 'caFile must name a PEM file.'),
    }),
    building: settings.building,
    spool: { file: path.resolve(folder, settings.spool.file), maxBytes: settings.spool.maxBytes },
    publishIntervalMs: settings.publishIntervalSeconds * 1000,
    driver: settings.driver,
    folder,
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
