import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { temporaryFolder } from './temporaryFolder.ts'
import { until } from './until.ts'

const BINARY = 'influxd'

export interface InfluxServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a database. */
  url: string
  pid: number
  /** Where it keeps everything. */
  folder: string
  /** Ends the server as a power cut would, without a word. */
  kill(): Promise<void>
  /** Starts it again on the same folder and port. */
  restart(): Promise<void>
  /** Runs a statement as an administrator of the server would; the rows of all series. */
  ask(statement: string, login?: string): Promise<unknown[][]>
}

export interface InfluxServerOptions {
  /** Where it keeps everything, instead of a temporary folder; stays at the end. */
  dataFolder?: string
  /** Lines for the section `[http]`. */
  http?: string
  /** Lines for the section `[data]`. */
  data?: string
}

/** A real InfluxDB with a folder, a configuration and free ports of its own, ended at the end of the scope. */
export const startInflux = async (options: InfluxServerOptions = {}): Promise<InfluxServer> => {
  const folder = await temporaryFolder()
  const config = path.join(folder.path, 'influxdb.conf')
  const dataFolder = options.dataFolder ?? folder.path
  await writeFile(config, configuration(dataFolder, options))
  let { child, url } = await launch(config)

  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return {
    get url() {
      return url
    },
    get pid() {
      return child.pid ?? 0
    },
    folder: dataFolder,
    kill,
    async ask(statement, login) {
      const response = await fetch(`${url}/query`, {
        method: 'POST',
        body: new URLSearchParams({ q: statement, epoch: 'ms' }),
        ...(login && { headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } }),
      })
      const { results = [], error } = (await response.json()) as Answer
      const refusal = error ?? results.find((result) => result.error)?.error
      if (refusal !== undefined) throw new Error(`${statement}: ${refusal}`)
      return results.flatMap(({ series = [] }) => series.flatMap(({ values = [] }) => values))
    },
    async restart() {
      await writeFile(config, configuration(dataFolder, options, new URL(url).port))
      ;({ child, url } = await launch(config))
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await folder[Symbol.asyncDispose]()
    },
  }
}

interface Answer {
  error?: string
  results?: { error?: string; series?: { values?: unknown[][] }[] }[]
}

const launch = async (config: string): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(BINARY, ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'], env: {} })
  const started = { log: '', error: undefined as Error | undefined }
  child.on('error', (error) => (started.error = error))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (started.log.length < 100_000) started.log += text
  })
  const port = await until(
    () => {
      if (started.error) throw missing(started.error)
      if (child.exitCode !== null) throw new Error(`influxd ended at once:\n${started.log}`)
      return /Listening on HTTP.*addr="?127\.0\.0\.1:(\d+)/.exec(started.log)?.[1]
    },
    { what: 'influxd listening' },
  ).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw new Error(`influxd does not serve; it says:\n${started.log.slice(-2000)}`, { cause: error })
  })
  return { child, url: `http://127.0.0.1:${port}` }
}

const missing = (cause: Error): Error =>
  new Error(
    `Cannot start ${BINARY}: install Debian's package "influxdb", or run \`npm test\`, whose scripts/test.mjs installs it.`,
    { cause },
  )

const configuration = (folder: string, { http = '', data = '' }: InfluxServerOptions, port = '0'): string => `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
  ${data}
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  ${http}
[continuous_queries]
  enabled = false
[logging]
  format = "logfmt"
`
