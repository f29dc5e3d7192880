import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createHttpServer } from '../../api/server.ts'
import type { ApiContext } from '../../api/context.ts'
import { temporaryApi } from '../api/adminFixture.ts'
import { silent } from '../store/catalogueFixture.ts'
import { nadi } from '../support/city.ts'

/** An API that serves on a port of its own, with the files by which the command line finds it. */
export const servedApi = async (extra: Partial<ApiContext> = {}) => {
  const api = await temporaryApi(extra)
  const server = await createHttpServer({
    app: api.app,
    host: '127.0.0.1',
    port: 0,
    upgrades: {},
    log: silent,
  })
  const dataDir = api.at.folder
  const url = `http://127.0.0.1:${server.port}`
  mkdirSync(path.join(dataDir, 'secrets'))
  writeFileSync(path.join(dataDir, 'run.json'), JSON.stringify({ pid: process.pid, http: url }))
  writeFileSync(path.join(dataDir, 'secrets/admin-token'), `${api.administrator}\n`)
  const run = (...args: string[]) => nadi(args, { NADI_DATA_DIR: dataDir })
  return {
    ...api,
    url,
    dataDir,
    run,
    /** Runs a command that must succeed with `--json` and gives its one document. */
    async json(...args: string[]) {
      const { code, stdout, stderr } = await run(...args, '--json')
      if (code !== 0) throw new Error(`nadi ${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await api[Symbol.asyncDispose]()
    },
  }
}
