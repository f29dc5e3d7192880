import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Config, parseConfig } from '../config.ts'

/** The settings as the city itself reads them: the environment, `.env` of the clone, paths from the clone's folder. */
const projectRoot = path.resolve(import.meta.dirname, '..')

/** Adds `.env` to the environment (what is set already stays) and returns the names that came from it. */
export const loadEnvironmentFile = (env: NodeJS.ProcessEnv = process.env): Set<string> => {
  const file = path.join(projectRoot, '.env')
  if (!existsSync(file)) return new Set()
  const before = new Set(Object.keys(env))
  process.loadEnvFile(file)
  return new Set(Object.keys(env).filter((name) => !before.has(name)))
}

/** Throws `invalid-input` naming each wrong setting. */
export const readConfig = (): Config => {
  loadEnvironmentFile()
  return parseConfig(process.env, projectRoot)
}
