import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Role } from '../city/roles.ts'
import type { Catalogue } from '../store/catalogue/catalogue.ts'

/**
 * A secret in a file that only its owner may read (mode 600): what the file holds, or what `make` gives, which is
 * written first. Secrets are made at first start; there is none by default.
 */
export const secretFile = (file: string, make: () => string): string => {
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (kept !== '') return kept
  const secret = make()
  writeSecret(file, `${secret}\n`)
  return secret
}

/** Writes a file that only its owner may read: a power cut leaves the whole text or what was there before. */
export const writeSecret = (file: string, text: string): void => {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  // One that was there already would keep its own mode.
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, text, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(`${file}.new`, file)
}

/** A key of the city's own programs (command line, flows), kept in a file; made again when it was revoked. */
export const keyFile = (file: string, catalogue: Catalogue, role: Role, name: string): string => {
  const make = (): string =>
    catalogue.transaction(() => {
      const { id, key } = catalogue.keys.add(role, name)
      catalogue.audit.record({
        actor: { kind: 'city', id: 'start' },
        action: 'key.add',
        subject: id,
        detail: { role, name },
      })
      return key
    })
  const kept = secretFile(file, make)
  if (catalogue.keys.authenticate(kept)) return kept
  rmSync(file)
  return secretFile(file, make)
}
