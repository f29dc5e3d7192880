import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * A secret in a file that only its owner may read (mode 600): what the file holds, or what `make` gives, which is
 * written first. Secrets are made at first start; there is none by default.
 */
export const secretFile = (file: string, make: () => string): string => {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const secret = make()
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${secret}\n`, { mode: 0o600 })
  return secret
}
