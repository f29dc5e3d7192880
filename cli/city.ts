import { readFileSync } from 'node:fs'
import path from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type ErrorCode, type FieldProblem, NadiError } from '../city/errors.ts'
import { isLoopback } from '../config.ts'
import { readConfig } from './settings.ts'

/** The command line as a client of the running city's API: where the city is, who asks, and what its answers mean. */
export interface CityClient {
  url: string
  get<Answer>(path: string): Promise<Answer>
  post<Answer>(path: string, body: unknown): Promise<Answer>
  delete(path: string): Promise<void>
  /** Every item of a list, page by page over `next`. */
  all<Item>(path: string): AsyncGenerator<Item>
  /** The raw answer; only a city that is not there is an error. */
  fetch(path: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response>
}

export interface CityOptions {
  url?: string | undefined
  token?: string | undefined
}

/** The running city, or the one at `--url`. Throws `city-not-running` when none is known. */
export const connectCity = (options: CityOptions): CityClient => {
  const { dataDir } = readConfig()
  const url = (options.url ?? runningUrl(dataDir)).replace(/\/+$/, '')
  if (!URL.canParse(url)) {
    throw new NadiError('invalid-input', `--url ${url} is no address. Write it like http://127.0.0.1:8080.`)
  }
  if (url.startsWith('https:')) trustOwnAuthority(dataDir)
  const token = options.token ?? tokenFor(url, dataDir)
  const ask = async (
    to: string,
    init: RequestInit & { duplex?: 'half' } = {},
    answerWithinMs: number | null = ANSWER_WITHIN_MS,
  ) => {
    const headers = new Headers(init.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    const signal = answerWithinMs === null ? null : AbortSignal.timeout(answerWithinMs)
    try {
      return await fetch(`${url}${to}`, { ...init, headers, signal })
    } catch (cause) {
      throw notRunning(`No city answers at ${url}.`, cause)
    }
  }
  const json = async <Answer>(to: string, init?: RequestInit): Promise<Answer> => {
    const response = await ask(to, init)
    if (!response.ok) throw await problemOf(response)
    // The city's own answers, checked against its document by its own tests.
    return (await response.json()) as Answer
  }
  return {
    url,
    get: (to) => json(to),
    post: (to, body) =>
      json(to, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    async delete(to) {
      const response = await ask(to, { method: 'DELETE' })
      if (!response.ok) throw await problemOf(response)
    },
    async *all<Item>(first: string) {
      for (let to: string | null = first; to !== null;) {
        const page: { items: Item[]; next: string | null } = await json(to)
        yield* page.items
        to = page.next
      }
    },
    fetch: (to, init) => ask(to, init, null),
  }
}

/** A city that serves HTTPS by its own authority is known by that of its data folder, besides those that Node knows. */
const trustOwnAuthority = (dataDir: string): void => {
  try {
    const own = readFileSync(path.join(dataDir, 'secrets', 'authority', 'ca.pem'), 'utf8')
    setDefaultCACertificates([...getCACertificates('default'), own])
  } catch {
    // Another city's: its certificate is a public one, or NODE_EXTRA_CA_CERTS names its authority.
  }
}

const ANSWER_WITHIN_MS = 60_000

/** An answer that says what is wrong (RFC 9457) as an error. */
export const problemOf = async (response: Response): Promise<NadiError> => {
  const text = await response.text().catch(() => '')
  return errorOf(parsed(text), response.status)
}

/** A problem document as an error; whatever else a proxy may send becomes `internal` with its status. */
export const errorOf = (problem: unknown, status: number): NadiError => {
  if (typeof problem !== 'object' || problem === null || !('code' in problem) || !('detail' in problem)) {
    return new NadiError('internal', `The city answered with status ${status}. Its log has the cause.`)
  }
  const errors = 'errors' in problem && Array.isArray(problem.errors) ? problem.errors : []
  return new NadiError(problem.code as ErrorCode, String(problem.detail), {
    problems: errors as FieldProblem[],
  })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface RunFile {
  pid: number
  http: string
}

const runningUrl = (dataDir: string): string => {
  const run = readRunFile(dataDir)
  if (!run) throw notRunning(`No city runs on ${dataDir}.`)
  // A killed city leaves its file behind; whatever listens there now must not be given the token.
  if (!isAlive(run.pid)) throw notRunning(`The city on ${dataDir} is not running any more.`)
  return run.http
}

/** What the running city wrote down, if there is such a file. */
export const readRunFile = (dataDir: string): RunFile | undefined => {
  try {
    const run: unknown = JSON.parse(readFileSync(path.join(dataDir, 'run.json'), 'utf8'))
    const complete = typeof run === 'object' && run !== null && 'http' in run && 'pid' in run
    return complete ? { pid: Number(run.pid), http: String(run.http) } : undefined
  } catch {
    return undefined
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The administrator's token of this data folder, which is sent to this machine only. */
const tokenFor = (url: string, dataDir: string): string | undefined => {
  const own = readRunFile(dataDir)?.http
  const { origin, hostname } = new URL(url)
  if (!isLoopback(hostname) && (own === undefined || new URL(own).origin !== origin)) return undefined
  try {
    return readFileSync(path.join(dataDir, 'secrets', 'admin-token'), 'utf8').trim()
  } catch {
    return undefined
  }
}

const notRunning = (what: string, cause?: unknown): NadiError =>
  new NadiError(
    'city-not-running',
    `${what} Start one with "npm start", or name a running one with --url and --token.`,
    { cause },
  )
