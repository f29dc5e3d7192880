import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { confirm, isCancel } from '@clack/prompts'
import { parseConfig } from '../config.ts'
import { runningCity } from '../launch/lock.ts'

/** `npm run reset [-- --yes]`: deletes the data folder after asking. Refuses while its city runs. */
const root = path.resolve(import.meta.dirname, '..')
if (existsSync(path.join(root, '.env'))) process.loadEnvFile(path.join(root, '.env'))
const { dataDir } = parseConfig(process.env, root)

const say = (text: string): boolean => process.stderr.write(`${text}\n`)

const agreed = async (): Promise<boolean> => {
  if (process.argv.includes('--yes')) return true
  if (!process.stdin.isTTY) {
    say('Nothing was deleted: there is no terminal to ask on. Add "-- --yes" to delete without asking.')
    return false
  }
  const answer = await confirm({
    message: `Delete everything in ${dataDir}: measurements, accounts, devices, secrets?`,
    initialValue: false,
  })
  return !isCancel(answer) && answer
}

/** Only a folder that Nadi made is deleted, so that a wrong NADI_DATA_DIR costs nobody their files. */
const isOurs = async (): Promise<boolean> => (await readdir(dataDir)).includes('catalogue.sqlite')

const reset = async (): Promise<number> => {
  if (!existsSync(dataDir)) {
    say(`There is nothing to delete: ${dataDir} does not exist.`)
    return 0
  }
  const running = runningCity(dataDir)
  if (running) {
    say(`The city runs on this folder (process ${running.pid}). Stop it first, then reset.`)
    return 1
  }
  if (!(await isOurs())) {
    say(
      `${dataDir} does not look like a data folder of Nadi (no catalogue.sqlite): delete it yourself if you mean it.`,
    )
    return 1
  }
  if (!(await agreed())) return 1
  await rm(dataDir, { recursive: true })
  say(`Deleted ${dataDir}. The next "npm start" begins anew.`)
  return 0
}

process.exitCode = await reset()
