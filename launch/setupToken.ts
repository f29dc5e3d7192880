import { randomBytes, timingSafeEqual } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { SetupToken } from '../api/context.ts'
import { secretFile } from './secrets.ts'

/**
 * The one-time link by which the first administrator chooses name and password: it lasts, over restarts, until it has
 * been used. Its token is the last part of `/setup/{token}`.
 */
export const openSetupToken = (file: string): SetupToken & { token: string } => {
  const token = secretFile(file, () => randomBytes(24).toString('base64url'))
  const expected = Buffer.from(token)
  let used = false
  return {
    token,
    check(given) {
      const bytes = Buffer.from(given)
      return !used && bytes.length === expected.length && timingSafeEqual(bytes, expected)
    },
    consume() {
      used = true
      rmSync(file, { force: true })
    },
  }
}
